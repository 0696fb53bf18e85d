export { end as endSessionsOf } from './session.end.ts';
export { deleteSessions, setAuthenticated } from './session.repository.ts';
export { readActor, requireFresh } from './session.service.ts';
export { forgetOldSessions } from './session.sweep.ts';
export { startSession } from './session.start.ts';
export { expiryOf, verifyAccessToken } from './session.tokens.ts';
