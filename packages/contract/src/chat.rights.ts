import { z } from 'zod';

/** What somebody is in a conversation, from the least to the most. */
export const chatRoles = ['reader', 'member', 'moderator', 'admin', 'owner'] as const;

/** What somebody may do in a conversation beside reading it. */
export const chatCapabilities = [
  'send',
  'addMember',
  'kickMember',
  'muteMember',
  'banMember',
  'pinMessage',
  'deleteMessage',
  'manageInvites',
  'grantRights',
  'revokeRights',
  'closeRoom',
  'reopenRoom',
  'renameRoom',
  'changeAvatar',
  'configureRoom',
  'kickAdmin',
  'deleteRoom',
] as const;

export const chatRoleSchema = z.enum(chatRoles);
export const chatCapabilitySchema = z.enum(chatCapabilities);

export type ChatRole = z.infer<typeof chatRoleSchema>;
export type ChatCapability = z.infer<typeof chatCapabilitySchema>;

const ofMember = ['send'] as const satisfies readonly ChatCapability[];

const ofModerator = [
  ...ofMember,
  'addMember',
  'kickMember',
  'muteMember',
  'banMember',
  'pinMessage',
  'deleteMessage',
] as const satisfies readonly ChatCapability[];

const ofAdmin = [
  ...ofModerator,
  'manageInvites',
  'grantRights',
  'revokeRights',
  'closeRoom',
  'reopenRoom',
  'renameRoom',
  'changeAvatar',
  'configureRoom',
] as const satisfies readonly ChatCapability[];

/** What each role may do. A member can be given more, one capability at a time. */
export const capabilitiesOfRole: Record<ChatRole, readonly ChatCapability[]> = {
  reader: [],
  member: ofMember,
  moderator: ofModerator,
  admin: ofAdmin,
  owner: [...ofAdmin, 'kickAdmin', 'deleteRoom'],
};

/**
 * Whether somebody may do something in a conversation, going by their role and what they were given beside
 * it. That the one it is done to stands lower, and that the conversation takes it now, is another matter.
 */
export function hasCapability(
  holder: { role: ChatRole; grants: readonly ChatCapability[] },
  capability: ChatCapability,
): boolean {
  return capabilitiesOfRole[holder.role].includes(capability) || holder.grants.includes(capability);
}
