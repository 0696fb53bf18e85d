import { defaultConfig } from '@chapar/api';
import { longestMessage } from '@chapar/contract';
import { z } from 'zod';
import { whole } from './env-fields.ts';

const { chat } = defaultConfig;
const year = 365 * 24 * 3_600;

/** `5/10`: five a second, ten at once. */
const rateForm = /^([1-9][0-9]{0,5})\/([1-9][0-9]{0,5})$/;

type Rate = typeof chat.sendsPerPerson;

function rate({ perSecond, burst }: Rate) {
  return z
    .string()
    .default(`${perSecond}/${burst}`)
    .refine((text) => rateForm.test(text), 'must look like 5/10: a second, and at once');
}

/** What a variable of the form `5/10` says. */
export function readRate(text: string): Rate {
  const [, perSecond, burst] = rateForm.exec(text) ?? [];
  return { perSecond: Number(perSecond), burst: Number(burst) };
}

/** Variables of conversations. */
export const chatFields = {
  CHAT_MESSAGE_LENGTH: whole(chat.messageLength, 1, longestMessage),
  CHAT_SENDS_PER_PERSON: rate(chat.sendsPerPerson),
  CHAT_SENDS_PER_CONVERSATION: rate(chat.sendsPerConversation),
  CHAT_MEMBERS_PER_GROUP: whole(chat.membersPerGroup, 2, 100_000),
  CHAT_CONVERSATIONS_PER_PERSON: whole(chat.conversationsPerPerson, 1, 10_000),
  CHAT_MENTIONS_PER_MESSAGE: whole(chat.mentionsPerMessage, 0, 100),
  CHAT_NEW_ACCOUNT_HOURS: whole(chat.newAccountHours, 0, 8_760),
  CHAT_NEW_ACCOUNT_LINKS: whole(chat.newAccountLinks, 1, 10_000),
  CHAT_REACTIONS_PER_MESSAGE: whole(chat.reactionsPerMessage, 1, 100),
  CHAT_REACTIONS_PER_PERSON: whole(chat.reactionsPerPerson, 1, 100),
  CHAT_PINS_PER_CONVERSATION: whole(chat.pinsPerConversation, 1, 1_000),
  CHAT_PINNED_CONVERSATIONS: whole(chat.pinnedConversations, 1, 1_000),
  CHAT_INVITES_PER_CONVERSATION: whole(chat.invitesPerConversation, 1, 1_000),
  CHAT_EDIT_SECONDS: whole(chat.editSeconds, 0, 10 * year),
  CHAT_DELETE_SECONDS: whole(chat.deleteSeconds, 0, 10 * year),
  CHAT_RECEIPT_MEMBERS: whole(chat.receiptMembers, 2, 1_000),
  CHAT_REPORTS_PER_DAY: whole(chat.reportsPerDay, 1, 10_000),
  CHAT_SEARCH_MS: whole(chat.searchMs, 100, 10_000),
};
