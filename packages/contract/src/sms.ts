import { z } from 'zod';
import { clientIdSchema, idSchema } from './id.ts';
import { pageInputSchema, pageSchema } from './page.ts';
import { phoneSchema } from './phone.ts';
import { linesSchema } from './text.ts';
import { languageSchema } from './user.ts';

/** The longest text that any provider takes; the server's own limit is usually lower. */
const longestText = 900;
const longestValue = 100;
const mostValues = 10;
/** One line, whole characters, and none that turns the direction of what follows. */
const plainValue = /^[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]*$/u;

const templateNameSchema = z.string().regex(/^[A-Za-z][A-Za-z0-9._-]{0,39}$/);
const valueNameSchema = z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,29}$/);

/**
 * An SMS to one number: words of one's own, or a template by its name with its values. The id is
 * made by the caller; the same id again is the same SMS again, which is sent once.
 */
export const smsSendInputSchema = z
  .strictObject({
    id: clientIdSchema,
    phone: phoneSchema,
    text: linesSchema(longestText).optional(),
    template: templateNameSchema.optional(),
    values: z
      .record(valueNameSchema, z.string().max(longestValue).regex(plainValue, 'invalid'))
      .refine((values) => Object.keys(values).length <= mostValues, 'too-many')
      .optional(),
    /** Of the template; the caller's own when left out. */
    language: languageSchema.optional(),
  })
  .refine((sms) => (sms.text === undefined) !== (sms.template === undefined), {
    path: ['text'],
    message: 'text-or-template',
  })
  .refine((sms) => sms.template !== undefined || sms.values === undefined, {
    path: ['values'],
    message: 'only-with-template',
  });

/**
 * How far an SMS has come: `waiting` to be sent, `sending`, `accepted` by a provider, `rejected` for
 * good, `unknown` whether it was sent, `dead` after every try was refused (it can be sent again),
 * `expired` before it could be sent.
 */
export const smsStatusSchema = z.enum([
  'waiting',
  'sending',
  'accepted',
  'rejected',
  'unknown',
  'dead',
  'expired',
]);

/** Where an accepted SMS is, as its provider says. */
export const smsDeliverySchema = z.enum([
  'queued',
  'scheduled',
  'sent-to-carrier',
  'delivered',
  'undelivered',
  'failed',
  'blacklisted',
  'filtered',
  'canceled',
  'unknown',
]);

export const smsPurposeSchema = z.enum(['code', 'notice', 'custom']);

/** One call of one provider: what was done, how it went and why. */
const smsAttemptSchema = z.object({
  provider: z.string(),
  action: z.string(),
  outcome: z.string(),
  because: z.string().nullable(),
});

/** An SMS as staff see it: no code, and of the number its ends only. */
export const smsViewSchema = z.object({
  id: z.string(),
  /** Such as `+98912***0001`. */
  phone: z.string(),
  purpose: smsPurposeSchema,
  template: z.string().nullable(),
  language: languageSchema.nullable(),
  text: z.string(),
  /** How many SMS the text makes, as the provider has counted or as we count. */
  parts: z.int(),
  status: smsStatusSchema,
  /** Why it was not sent, in words that are the same for every provider. */
  error: z.string().nullable(),
  delivery: smsDeliverySchema.nullable(),
  provider: z.string().nullable(),
  providerMessageId: z.string().nullable(),
  /** The provider's own code of a refusal. */
  providerCode: z.string().nullable(),
  /** What it cost, where the provider says; units differ between providers. */
  cost: z.object({ amount: z.string(), unit: z.string() }).nullable(),
  attempts: z.array(smsAttemptSchema),
  /** The user id of who has sent it, or the name of a service; null for the product itself. */
  sender: z.string().nullable(),
  createdAt: z.date(),
  sentAt: z.date().nullable(),
  deliveryAt: z.date().nullable(),
});

export const smsListInputSchema = pageInputSchema.extend({
  status: smsStatusSchema.optional(),
  phone: phoneSchema.optional(),
});

export const smsListOutputSchema = pageSchema(smsViewSchema);

export const smsRefSchema = z.strictObject({ id: idSchema });

/** `evenIfSent`: also where nobody knows whether it was sent, so that it may arrive twice. */
export const smsRetryInputSchema = z.strictObject({
  id: idSchema,
  evenIfSent: z.boolean().default(false),
});

export const smsProviderViewSchema = z.object({
  name: z.string(),
  /** What was left at the last look; null where it cannot be asked. */
  credit: z.object({ amount: z.string(), unit: z.string() }).nullable(),
  creditAt: z.date().nullable(),
  isCreditLow: z.boolean(),
  /** Why it is left out for now, and until when. */
  closed: z.object({ reason: z.string(), until: z.date() }).nullable(),
});

export const smsListProvidersOutputSchema = z.array(smsProviderViewSchema);

export type SmsStatus = z.infer<typeof smsStatusSchema>;
export type SmsDelivery = z.infer<typeof smsDeliverySchema>;
export type SmsPurpose = z.infer<typeof smsPurposeSchema>;
export type SmsView = z.infer<typeof smsViewSchema>;
export type SmsProviderView = z.infer<typeof smsProviderViewSchema>;
