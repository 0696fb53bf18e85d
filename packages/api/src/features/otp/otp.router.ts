import {
  loginOutputSchema,
  otpRequestInputSchema,
  otpRequestOutputSchema,
  otpVerifyInputSchema,
} from '@chapar/contract';
import { open, router } from '../../trpc.ts';
import { wireOf } from '../../wire-output.ts';
import { requestOtp, verifyOtp } from './otp.service.ts';

export const otpRouter = router({
  request: open
    .meta({
      limits: {
        address: { most: 10, seconds: 3_600, isDurable: true },
        device: { most: 5, seconds: 3_600, isDurable: true },
      },
    })
    .input(otpRequestInputSchema)
    .output(otpRequestOutputSchema)
    .mutation(({ ctx, input: { phone, email, purpose, captcha } }) =>
      requestOtp(ctx.call, { phone, email, purpose, captcha }),
    ),

  verify: open
    .meta({ limits: { address: { most: 60, seconds: 300 } } })
    .input(otpVerifyInputSchema)
    .output(wireOf(loginOutputSchema))
    .mutation(({ ctx, input: { challengeId, code, kind, device } }) =>
      verifyOtp(ctx.call, { challengeId, code, kind, device }),
    ),
});
