export {
  createUser,
  enter,
  enterByContact,
  findAccount,
  hasAccount,
  languageOf,
  readKind,
} from './user.account.ts';
export {
  changeStatus,
  findActiveUser,
  findCards,
  eraseRow,
  findDue,
  findStaffIds,
  findUser,
  lockUser,
  updateUser,
  userColumns,
  type UserRow,
} from './user.repository.ts';
export { createUserReader } from './user.reader.ts';
export { checkBirthday, getUserCard, requireUser, tellUpdated } from './user.service.ts';
export { toMe, toUserCard } from './user.view.ts';
