import type { DeliveryState, SmsErrorKind } from '../outcome.ts';

/**
 * `state_id` of a sending (page "Get Outbox Report" of the Edge documentation). Success of the send
 * call only means 0: reviewers, credit and numbers come later. 6 says that it went out; what became
 * of it the recipients' report knows.
 */
export const sendingStates: Readonly<
  Record<number, { state: DeliveryState; error?: SmsErrorKind }>
> = {
  0: { state: 'queued' },
  1: { state: 'queued' },
  2: { state: 'queued' },
  3: { state: 'filtered', error: 'content-rejected' },
  4: { state: 'failed', error: 'bad-number' },
  5: { state: 'queued' },
  6: { state: 'sent-to-carrier' },
  7: { state: 'canceled' },
  8: { state: 'failed', error: 'no-credit' },
  9: { state: 'failed', error: 'unexpected' },
};

/** The state in which recipients have states of their own. */
export const sent = 6;

/** `message_status` of a recipient (page "Get Bulk Recipients"). */
export const recipientStates: Readonly<Record<number, DeliveryState>> = {
  0: 'sent-to-carrier',
  1: 'sent-to-carrier',
  2: 'delivered',
  3: 'undelivered',
  4: 'blacklisted',
};
