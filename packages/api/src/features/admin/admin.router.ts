import {
  adminDeactivateUserInputSchema,
  adminListEventsInputSchema,
  adminListEventsOutputSchema,
  adminSetPasswordInputSchema,
  adminSetRoleInputSchema,
  adminUserRefSchema,
} from '@chapar/contract';
import { z } from 'zod';
import { admin, router, staff } from '../../trpc.ts';
import {
  deactivateUser,
  listUserEvents,
  reactivateUser,
  setRole,
  setUserPassword,
} from './admin.service.ts';

export const adminRouter = router({
  deactivateUser: staff
    .input(adminDeactivateUserInputSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => deactivateUser(ctx.call, input)),

  reactivateUser: staff
    .input(adminUserRefSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => reactivateUser(ctx.call, input.userId)),

  listEvents: staff
    .input(adminListEventsInputSchema)
    .output(adminListEventsOutputSchema)
    .query(({ ctx, input }) => listUserEvents(ctx.call, input)),

  setPassword: admin
    .input(adminSetPasswordInputSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => setUserPassword(ctx.call, input)),

  setRole: admin
    .input(adminSetRoleInputSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => setRole(ctx.call, input)),
});
