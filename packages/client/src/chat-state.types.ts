import type { ConversationView, MessageView, RouterOutputs, StreamEvent } from './types.ts';

/** Things by id. */
export type ById<Item> = Readonly<Record<string, Item>>;

/** A person in the list of members. */
export type ChatMemberView = RouterOutputs['chat']['listMembers']['items'][number];

/** A message that is pinned, for everybody or for the person alone. */
export type MessagePinView = RouterOutputs['chat']['listPins']['items'][number];

type Stored = Extract<StreamEvent, { seq: number }>;

/** Events about what is in a conversation. They name it in their body. */
export type ChatChange = Extract<
  Exclude<Stored, { type: 'chat.started' | 'chat.ended' }>,
  { type: `chat.${string}` }
>;

/** What is known of one conversation. */
export interface Chat {
  readonly conversation: ConversationView;
  /**
   * The messages that were read or have come since, oldest first. Where `seq` leaps, messages were not
   * read, or the person has deleted them for themselves.
   */
  readonly messages: readonly MessageView[];
  /**
   * Members that were read or have changed since. Those who only read a channel come and go without a
   * word, and stay here.
   */
  readonly members: ById<ChatMemberView>;
  /** Pins that were read or have come since, newest first. */
  readonly pins: readonly MessagePinView[];
  readonly past: ChatPast;
}

/** What is over, for what comes late. */
export interface ChatPast {
  /** Seqs of messages that the person has deleted for themselves. */
  readonly hidden: readonly number[];
  /** Seqs of messages that were deleted for everybody. */
  readonly deleted: readonly number[];
  /** When members and pins went that have not come back, by a key of each; ISO 8601. */
  readonly ends: ById<string>;
  /** The newest events of messages and members that were not here: a page that was read before may come yet. */
  readonly missed: readonly ChatChange[];
}

/** A person's conversations and what is known of them. Plain data, never changed in place. */
export interface ChatState {
  /** Whose they are. */
  readonly userId: string;
  readonly chats: ById<Chat>;
  /** Of conversations that are not here (yet), the newest events. */
  readonly waiting: ById<readonly ChatChange[]>;
  /** The place in the line of a conversation after which the person's stay begins. */
  readonly joins: ById<number>;
  /** Conversations that the person is in no more, until they come again. */
  readonly gone: ById<true>;
}
