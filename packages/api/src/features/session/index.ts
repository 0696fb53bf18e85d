export { readActor, startSession } from './session.service.ts';
export { expiryOf, verifyAccessToken } from './session.tokens.ts';
