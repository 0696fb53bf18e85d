import {
  chatAddMembersInputSchema,
  chatBanInputSchema,
  chatLeaveInputSchema,
  chatListBansOutputSchema,
  chatListMembersInputSchema,
  chatListMembersOutputSchema,
  chatMemberRefSchema,
  chatMemberSchema,
  chatMuteMemberInputSchema,
  chatSetRightsInputSchema,
} from '@chapar/contract';
import { z } from 'zod';
import { router, signedIn } from '../../trpc.ts';
import { leaveConversation, passOwnership } from './chat.leave.ts';
import {
  addMembers,
  banMember,
  kickMember,
  listBans,
  listMembers,
  muteMember,
  setRights,
  unbanMember,
} from './chat.members.ts';

/** Who is in a conversation, and what they may do there. */
export const chatMemberRouter = router({
  listMembers: signedIn
    .input(chatListMembersInputSchema)
    .output(chatListMembersOutputSchema)
    .query(({ ctx, input }) => listMembers(ctx.call, input)),

  addMembers: signedIn
    .input(chatAddMembersInputSchema)
    .output(z.object({ members: z.array(chatMemberSchema) }))
    .mutation(({ ctx, input }) => addMembers(ctx.call, input)),

  kick: signedIn
    .input(chatMemberRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => kickMember(ctx.call, input)),

  ban: signedIn
    .input(chatBanInputSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => banMember(ctx.call, input)),

  unban: signedIn
    .input(chatMemberRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => unbanMember(ctx.call, input)),

  listBans: signedIn
    .input(chatListMembersInputSchema)
    .output(chatListBansOutputSchema)
    .query(({ ctx, input }) => listBans(ctx.call, input)),

  mute: signedIn
    .input(chatMuteMemberInputSchema)
    .output(chatMemberSchema)
    .mutation(({ ctx, input }) => muteMember(ctx.call, input)),

  setRights: signedIn
    .input(chatSetRightsInputSchema)
    .output(chatMemberSchema)
    .mutation(({ ctx, input }) => setRights(ctx.call, input)),

  passOwnership: signedIn
    .input(chatMemberRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => passOwnership(ctx.call, input)),

  leave: signedIn
    .input(chatLeaveInputSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => leaveConversation(ctx.call, input)),
});
