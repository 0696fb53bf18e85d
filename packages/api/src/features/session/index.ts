export { createActorReader } from './session.actors.ts';
export { end as endSessionsOf } from './session.end.ts';
export { deleteSessions, findEndedSessions, setAuthenticated } from './session.repository.ts';
export { noteSeen, readActor, requireFresh } from './session.service.ts';
export { forgetOldSessions } from './session.sweep.ts';
export { notesOfStart } from './session.notes.ts';
export {
  endJudged,
  insertSession,
  judgedSessions,
  openingValues,
  type NewSession,
  type Replaced,
  type SessionRoom,
} from './session.open.repository.ts';
export { firstPair, newSession, roomFor, startSession } from './session.start.ts';
export { verifyAccessToken } from './session.tokens.ts';
