import {
  codeInputSchema,
  loginOutputSchema,
  passwordLoginInputSchema,
  passwordRegisterInputSchema,
  passwordRegisterOutputSchema,
  passwordResetInputSchema,
  passwordSetInputSchema,
} from '@chapar/contract';
import { z } from 'zod';
import { open, router, signedIn } from '../../trpc.ts';
import { loginByPassword } from './password.login.ts';
import { register } from './password.register.ts';
import { checkResetCode, resetPassword, setPassword } from './password.service.ts';

const perAddress = { address: { most: 30, seconds: 300 } };

export const passwordRouter = router({
  login: open
    .meta({ limits: perAddress })
    .input(passwordLoginInputSchema)
    .output(loginOutputSchema)
    .mutation(({ ctx, input: { phone, email, kind, password, device } }) =>
      loginByPassword(ctx.call, { phone, email, kind, password, device }),
    ),

  register: open
    .meta({ limits: perAddress })
    .input(passwordRegisterInputSchema)
    .output(passwordRegisterOutputSchema)
    .mutation(({ ctx, input: { kind, birthday, email, device, ...rest } }) =>
      register(ctx.call, { ...rest, kind, birthday, email, device }),
    ),

  set: signedIn
    .meta({ limits: { user: { most: 10, seconds: 3_600 } } })
    .input(passwordSetInputSchema)
    .output(z.void())
    .mutation(({ ctx, input: { password, current } }) =>
      setPassword(ctx.call, { password, current }),
    ),

  checkReset: open
    .meta({ limits: perAddress })
    .input(codeInputSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => checkResetCode(ctx.call, input)),

  reset: open
    .meta({ limits: perAddress })
    .input(passwordResetInputSchema)
    .output(z.void())
    .mutation(({ ctx, input: { challengeId, code, password, kind } }) =>
      resetPassword(ctx.call, { challengeId, code, password, kind }),
    ),
});
