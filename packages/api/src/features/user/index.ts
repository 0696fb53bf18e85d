export { UserEntity } from './user.entity.ts';
export { requireUser, signInByPhone } from './user.service.ts';
export { toUserCard } from './user.view.ts';
