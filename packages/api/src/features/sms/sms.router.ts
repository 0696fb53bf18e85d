import {
  smsListInputSchema,
  smsListOutputSchema,
  smsListProvidersOutputSchema,
  smsRefSchema,
  smsRetryInputSchema,
  smsSendInputSchema,
  smsViewSchema,
} from '@chapar/contract';
import { router, staff, staffOrService } from '../../trpc.ts';
import { sendCustomSms } from './sms.custom.ts';
import { getSms, listSms, listSmsProviders, retrySms } from './sms.service.ts';

export const smsRouter = router({
  send: staffOrService
    .meta({ limits: { user: { most: 60, seconds: 60, isDurable: true } } })
    .input(smsSendInputSchema)
    .output(smsViewSchema)
    .mutation(({ ctx, input: { id, phone, text, template, values, language } }) =>
      sendCustomSms(ctx.call, { id, phone, text, template, values, language }),
    ),

  list: staff
    .input(smsListInputSchema)
    .output(smsListOutputSchema)
    .query(({ ctx, input: { status, phone, cursor, limit } }) =>
      listSms(ctx.call, { status, phone, cursor, limit }),
    ),

  get: staff
    .input(smsRefSchema)
    .output(smsViewSchema)
    .query(({ ctx, input }) => getSms(ctx.call, input.id)),

  retry: staff
    .meta({ limits: { user: { most: 60, seconds: 60 } } })
    .input(smsRetryInputSchema)
    .output(smsViewSchema)
    .mutation(({ ctx, input }) => retrySms(ctx.call, input)),

  listProviders: staff
    .output(smsListProvidersOutputSchema)
    .query(({ ctx }) => listSmsProviders(ctx.call)),
});
