export { browserOutboxStorage } from './browser-outbox.ts';
export { browserTokenStore } from './browser-tokens.ts';
export {
  createChaparClient,
  type ChaparClient,
  type ChaparClientOptions,
  type ClientControls,
  type FetchLike,
} from './client.ts';
export { appCodeOf, isChaparError, SocketRefusedError, type ChaparError } from './errors.ts';
export type { Language } from './http.ts';
export { newId } from './id.ts';
export type { ConnectionState } from './live-socket.ts';
export {
  live,
  type LiveEvent,
  type LiveOptions,
  type LiveState,
  type LiveView,
} from './live-state.ts';
export type { OutboxEntry, OutboxStorage } from './outbox-list.ts';
export { createOutbox, OutboxFullError, type Outbox, type OutboxOptions } from './outbox.ts';
export type { SessionEndReason } from './session.ts';
export { memoryTokenStore, type Tokens, type TokenStore } from './tokens.ts';
export type {
  AppErrorCode,
  AppRouter,
  ConversationView,
  ErrorData,
  FriendRequestView,
  FriendView,
  Me,
  MessageView,
  PresenceEvent,
  PresenceView,
  RouterInputs,
  RouterOutputs,
  SessionView,
  StreamEvent,
  UserCard,
} from './types.ts';
export type { SocketConstructor, SocketLike } from './web-socket.ts';
