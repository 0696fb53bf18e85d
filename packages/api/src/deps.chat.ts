/** So many at once, and then so many a second. */
export interface Rate {
  perSecond: number;
  burst: number;
}

export interface ChatConfig {
  /** Most characters (UTF-16 code units) of a message. */
  messageLength: number;
  /** By each node. */
  sendsPerPerson: Rate;
  sendsPerConversation: Rate;
  /** Of a group; a channel has no bound. */
  membersPerGroup: number;
  conversationsPerPerson: number;
  mentionsPerMessage: number;
  /** How long an account is new; 0 for not at all. */
  newAccountHours: number;
  /** Messages with a link that a new account may send in an hour, by each node. */
  newAccountLinks: number;
  /** Different emojis under one message, and of one person. */
  reactionsPerMessage: number;
  reactionsPerPerson: number;
  /** Messages pinned in a conversation, and by each person for themselves. */
  pinsPerConversation: number;
  /** Conversations at the top of a person's list. */
  pinnedConversations: number;
  /** Links that work, of one conversation. */
  invitesPerConversation: number;
  /** How long a message can be edited, and deleted for everybody, by its sender. */
  editSeconds: number;
  deleteSeconds: number;
  /** In larger conversations nobody is told who has read what. */
  receiptMembers: number;
  /** Reports of one person in a day. */
  reportsPerDay: number;
  /** How long a search may look. */
  searchMs: number;
}
