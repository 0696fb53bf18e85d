import {
  otpRequestInputSchema,
  otpRequestOutputSchema,
  otpVerifyInputSchema,
  otpVerifyOutputSchema,
} from '@chapar/contract';
import { open, router } from '../../trpc.ts';
import { requestOtp } from './otp.request.ts';
import { verifyOtp } from './otp.verify.ts';

export const otpRouter = router({
  request: open
    .input(otpRequestInputSchema)
    .output(otpRequestOutputSchema)
    .mutation(({ ctx, input }) => requestOtp(ctx.call, input)),

  verify: open
    .input(otpVerifyInputSchema)
    .output(otpVerifyOutputSchema)
    .mutation(({ ctx, input: { challengeId, code, device } }) =>
      verifyOtp(ctx.call, { challengeId, code, device }),
    ),
});
