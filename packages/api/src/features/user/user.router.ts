import { meSchema, userUpdateInputSchema } from '@chapar/contract';
import { router, signedIn } from '../../trpc.ts';
import { wireOf } from '../../wire-output.ts';
import { getMe, updateMe } from './user.service.ts';

export const userRouter = router({
  me: signedIn.output(wireOf(meSchema)).query(({ ctx }) => getMe(ctx.call)),

  update: signedIn
    .input(userUpdateInputSchema)
    .output(meSchema)
    .mutation(({ ctx, input }) => updateMe(ctx.call, input)),
});
