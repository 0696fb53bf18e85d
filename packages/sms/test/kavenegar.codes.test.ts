import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DeliveryState, RejectionScope, SmsErrorKind } from '../src/outcome.ts';
import { approved, code, kavenegarAt, text } from './kavenegar.messages.ts';
import { Loopback } from './loopback.ts';

const server = new Loopback();
beforeAll(() => server.start());
afterAll(() => server.stop());

const refusals: readonly [number, RejectionScope, SmsErrorKind][] = [
  [400, 'message', 'bad-request'],
  [401, 'account', 'account-disabled'],
  [402, 'provider', 'unexpected'],
  [403, 'account', 'auth'],
  [404, 'account', 'bad-request'],
  [405, 'account', 'bad-request'],
  [406, 'message', 'bad-request'],
  [407, 'account', 'ip-not-allowed'],
  [409, 'provider', 'busy'],
  [411, 'recipient', 'bad-number'],
  [412, 'account', 'bad-sender'],
  [413, 'message', 'too-long'],
  [414, 'message', 'batch-too-big'],
  [415, 'message', 'bad-request'],
  [416, 'account', 'ip-not-allowed'],
  [417, 'message', 'bad-schedule'],
  [418, 'account', 'no-credit'],
  [419, 'message', 'bad-request'],
  [420, 'message', 'content-rejected'],
  [422, 'message', 'content-rejected'],
  [424, 'account', 'template-missing'],
  [426, 'account', 'plan-required'],
  [427, 'account', 'bad-sender'],
  [428, 'message', 'template-args'],
  [429, 'account', 'ip-not-allowed'],
  [431, 'message', 'template-args'],
  [432, 'account', 'template-missing'],
  [451, 'provider', 'throttled'],
  [501, 'account', 'plan-required'],
  [604, 'message', 'batch-too-big'],
  [607, 'account', 'bad-request'],
  [499, 'provider', 'unexpected'],
];

test.each(refusals)('code %d is a refusal: %s, %s', async (number, scope, error) => {
  const outcome = { outcome: 'rejected', scope, error, providerCode: String(number) };
  const status = number > 599 ? 400 : number;
  for (const entries of [null, [], {}, undefined]) {
    server.always(status, { return: { status: number, message: '…' }, entries });
    expect(await kavenegarAt(server).send(text)).toEqual({ ...outcome, httpStatus: status });
  }
  // The code counts, whatever the HTTP status is.
  server.always(200, { return: { status: String(number) } });
  expect(await kavenegarAt(server).send(code())).toEqual({ ...outcome, httpStatus: 200 });
});

const states: readonly [number | string | null, DeliveryState][] = [
  [1, 'queued'],
  [2, 'scheduled'],
  [4, 'sent-to-carrier'],
  [5, 'sent-to-carrier'],
  [6, 'failed'],
  [10, 'delivered'],
  ['10', 'delivered'],
  [11, 'undelivered'],
  [13, 'canceled'],
  [14, 'blacklisted'],
  [50, 'unknown'],
  [100, 'unknown'],
  [null, 'unknown'],
];

test.each(states)('state %j is %s', async (status, state) => {
  server.always(200, { return: approved, entries: [{ messageid: 1, status }] });
  expect(await kavenegarAt(server).status(['1'])).toMatchObject([{ state }]);
  server.always(200, { return: approved, entries: { messageid: '1', status } });
  expect(await kavenegarAt(server).status(['1'])).toMatchObject([{ state }]);
});
