import type { AppRouter } from '@chapar/api/client-types';
import type { inferRouterError, inferRouterInputs, inferRouterOutputs } from '@trpc/server';

export type { AppRouter };

/** Inputs of all procedures: `RouterInputs['chat']['send']`. */
export type RouterInputs = inferRouterInputs<AppRouter>;

/** Outputs of all procedures: `RouterOutputs['chat']['list']`. */
export type RouterOutputs = inferRouterOutputs<AppRouter>;

/**
 * What arrives in `stream.onEvent`, told apart by `type`. Stored events have `streamId`, `seq`,
 * `at` and `body`; signals, such as `stream.reset` and `chat.typing`, are of the moment only.
 */
export type StreamEvent =
  RouterOutputs['stream']['onEvent'] extends AsyncIterable<{ data: infer Event }> ? Event : never;

/** A person as they see themselves. */
export type Me = RouterOutputs['user']['me'];

/** A person as others see them. */
export type UserCard = Extract<StreamEvent, { type: 'user.updated' }>['body'];

/** A friend in the list of friends. */
export type FriendView = RouterOutputs['friend']['list']['items'][number];

/** A friend request as one of its two people sees it. */
export type FriendRequestView = RouterOutputs['friend']['request'];

/** A conversation as one of its people sees it. */
export type ConversationView = RouterOutputs['chat']['start'];

/** A message. */
export type MessageView = RouterOutputs['chat']['send'];

/** What arrives in `presence.onChange`, told apart by `type`. */
export type PresenceEvent =
  RouterOutputs['presence']['onChange'] extends AsyncIterable<{ data: infer Event }>
    ? Event
    : never;

/** How somebody else is: online, or last seen then. */
export type PresenceView = Extract<PresenceEvent, { type: 'presence.snapshot' }>['people'][number];

/** One of the caller's sessions. */
export type SessionView = RouterOutputs['session']['list']['items'][number];

/** The data of an error that the server answered. */
export type ErrorData = inferRouterError<AppRouter>['data'];

/** Names of the errors that the server answers. They stay; the texts may change. */
export type AppErrorCode = ErrorData['appCode'];
