import {
  accountConfirmInputSchema,
  accountRemoveOutputSchema,
  accountRequestConfirmInputSchema,
  accountRequestEmailInputSchema,
  accountRequestPhoneInputSchema,
  codeInputSchema,
  meSchema,
  otpRequestOutputSchema,
} from '@chapar/contract';
import { z } from 'zod';
import { freshSession, router, signedIn } from '../../trpc.ts';
import { changePhone, confirmEmail, requestEmail, requestPhone } from './account.contact.ts';
import { confirm, readProof, requestConfirm } from './account.confirm.ts';
import { removeAccount } from './account.remove.ts';

/** What changes who an account belongs to asks for a proof of the last five minutes. */
const fresh = freshSession(5 * 60);

const codes = {
  address: { most: 10, seconds: 3_600, isDurable: true },
  user: { most: 10, seconds: 3_600, isDurable: true },
};

export const accountRouter = router({
  requestPhone: fresh
    .meta({ limits: codes })
    .input(accountRequestPhoneInputSchema)
    .output(otpRequestOutputSchema)
    .mutation(({ ctx, input: { phone, captcha } }) => requestPhone(ctx.call, { phone, captcha })),

  /** The code was asked for by a fresh session, which is proof enough for as long as it lives. */
  changePhone: signedIn
    .input(codeInputSchema)
    .output(meSchema)
    .mutation(({ ctx, input }) => changePhone(ctx.call, input)),

  requestEmail: fresh
    .meta({ limits: codes })
    .input(accountRequestEmailInputSchema)
    .output(otpRequestOutputSchema)
    .mutation(({ ctx, input }) => requestEmail(ctx.call, input.email)),

  confirmEmail: signedIn
    .input(codeInputSchema)
    .output(meSchema)
    .mutation(({ ctx, input }) => confirmEmail(ctx.call, input)),

  requestConfirm: signedIn
    .meta({ limits: codes })
    .input(accountRequestConfirmInputSchema)
    .output(otpRequestOutputSchema)
    .mutation(({ ctx, input }) =>
      requestConfirm(ctx.call, { by: input.by, captcha: input.captcha }),
    ),

  confirm: signedIn
    .input(accountConfirmInputSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => confirm(ctx.call, readProof(input))),

  remove: fresh.output(accountRemoveOutputSchema).mutation(({ ctx }) => removeAccount(ctx.call)),
});
