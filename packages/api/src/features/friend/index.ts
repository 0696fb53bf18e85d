export { areFriends } from './friend.repository.ts';
export { forgetFriends } from './friend.service.ts';
