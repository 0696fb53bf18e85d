export { areFriends } from './friend.repository.ts';
