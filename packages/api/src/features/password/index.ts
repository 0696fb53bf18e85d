export { PasswordHasher } from './password.hash.ts';
export { upsertHash } from './password.repository.ts';
export { checkPassword, forgetPassword, setPasswordOf } from './password.service.ts';
export { requireStrong } from './password.strength.ts';
export { forgetOldTries } from './password.tries.ts';
