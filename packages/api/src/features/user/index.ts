export { getUserCard, requireUser, signInByPhone } from './user.service.ts';
export { toUserCard } from './user.view.ts';
