export { findBlockedWith, isBlockedBetween } from './friend.block.repository.ts';
export { areFriends, findFriendsAmong, lockPair } from './friend.repository.ts';
export { forgetFriends } from './friend.service.ts';
