export {
  createUser,
  enter,
  enterByContact,
  findAccount,
  hasAccount,
  languageOf,
  readKind,
} from './user.account.ts';
export { changeStatus, eraseRow, findDue } from './user.end.repository.ts';
export {
  findActiveUser,
  findCards,
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
