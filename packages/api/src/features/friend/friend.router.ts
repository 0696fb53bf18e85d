import {
  friendBlockOutputSchema,
  friendListBlockedInputSchema,
  friendListBlockedOutputSchema,
  friendListInputSchema,
  friendListOutputSchema,
  friendListRequestsInputSchema,
  friendListRequestsOutputSchema,
  friendRefSchema,
  friendRemoveOutputSchema,
  friendRequestInputSchema,
  friendRequestRefSchema,
  friendRequestViewSchema,
  friendUnblockOutputSchema,
} from '@chapar/contract';
import { router, signedIn } from '../../trpc.ts';
import { acceptRequest, cancelRequest, declineRequest } from './friend.answer.ts';
import { blockUser, listBlocked, unblockUser } from './friend.block.ts';
import { requestFriend } from './friend.request.ts';
import { listFriends, listRequests, removeFriend } from './friend.service.ts';

export const friendRouter = router({
  /** Requests by phone number answer whether a number is known, so they are few. */
  request: signedIn
    .meta({ limits: { user: { most: 60, seconds: 3_600, isDurable: true } } })
    .input(friendRequestInputSchema)
    .output(friendRequestViewSchema)
    .mutation(({ ctx, input }) => requestFriend(ctx.call, input)),

  accept: signedIn
    .input(friendRequestRefSchema)
    .output(friendRequestViewSchema)
    .mutation(({ ctx, input }) => acceptRequest(ctx.call, input.requestId)),

  decline: signedIn
    .input(friendRequestRefSchema)
    .output(friendRequestViewSchema)
    .mutation(({ ctx, input }) => declineRequest(ctx.call, input.requestId)),

  cancel: signedIn
    .input(friendRequestRefSchema)
    .output(friendRequestViewSchema)
    .mutation(({ ctx, input }) => cancelRequest(ctx.call, input.requestId)),

  remove: signedIn
    .input(friendRefSchema)
    .output(friendRemoveOutputSchema)
    .mutation(({ ctx, input }) => removeFriend(ctx.call, input.userId)),

  list: signedIn
    .input(friendListInputSchema)
    .output(friendListOutputSchema)
    .query(({ ctx, input }) => listFriends(ctx.call, input)),

  listRequests: signedIn
    .input(friendListRequestsInputSchema)
    .output(friendListRequestsOutputSchema)
    .query(({ ctx, input }) => listRequests(ctx.call, input)),

  block: signedIn
    .meta({ limits: { user: { most: 60, seconds: 60 } } })
    .input(friendRefSchema)
    .output(friendBlockOutputSchema)
    .mutation(({ ctx, input }) => blockUser(ctx.call, input.userId)),

  unblock: signedIn
    .meta({ limits: { user: { most: 60, seconds: 60 } } })
    .input(friendRefSchema)
    .output(friendUnblockOutputSchema)
    .mutation(({ ctx, input }) => unblockUser(ctx.call, input.userId)),

  listBlocked: signedIn
    .input(friendListBlockedInputSchema)
    .output(friendListBlockedOutputSchema)
    .query(({ ctx, input }) => listBlocked(ctx.call, input)),
});
