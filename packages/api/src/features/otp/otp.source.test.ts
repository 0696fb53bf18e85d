import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Connection } from '../../call.ts';
import type { CaptchaGateway } from '../../deps.ts';
import { after, day, hour, minute, second } from '../../kernel/duration.ts';
import { sweep } from '../../sweep.ts';
import { atOnce, createTestApi, expectAppError, tally, type TestApi } from '../../testing/index.ts';
import { refusal } from '../password/test/people.ts';
import {
  addressIn,
  countRows,
  money,
  numberIn,
  shareApi,
  unlimited,
  verify,
} from './test/codes.ts';

const deviceKey = 'dddddddddddddddddddddd';
const shared = shareApi({ ...unlimited, ...money({ unusedPerSource: 3 }) });

// The counters go by the machine's clock, which stands still here until a test moves it.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** A captcha with one right answer, which remembers what it was asked. */
function fakeCaptcha(): CaptchaGateway & { proofs: object[] } {
  const proofs: object[] = [];
  return {
    proofs,
    check: (proof) => {
      proofs.push(proof);
      return Promise.resolve(proof.token === 'a person');
    },
  };
}

let blocks = 0;

/** Asks for a code for a number that nobody has asked for. */
function ask(api: TestApi, facts: Partial<Connection>, captcha?: string) {
  blocks += 1;
  const phone = numberIn(blocks);
  return api.anonymous(facts).api.otp.request({ phone, ...(captcha !== undefined && { captcha }) });
}

/** A device that is somewhere else with each call. */
function roaming(): Partial<Connection> {
  return { deviceKey, ip: addressIn(blocks) };
}

test('A15: of a hundred codes that a neighbourhood asks for and does not use twenty are sent', async () => {
  await using api = await createTestApi({ config: unlimited });
  const results = await atOnce(100, (index) => ask(api, { ip: addressIn(900, 1 + index) }));
  expect(tally(results)).toEqual({ ok: 20, OTP_CAPTCHA_REQUIRED: 80 });
  expect(await countRows(api, 'otp_challenges')).toBe(20);
  await api.runJobs();
  expect(api.sms.sent).toHaveLength(20);
  expect(api.warnings).toHaveLength(80);
  expect(api.warnings[0]).toMatchObject({
    message: 'many codes asked for and none used: a captcha is asked for',
  });
  await expect(ask(api, { ip: addressIn(901) })).resolves.toBeDefined();
});

test('A15: a device that asks for codes and uses none has to show a person, wherever it is', async () => {
  const api = shared();
  for (let unused = 0; unused < 3; unused += 1) {
    await ask(api, roaming());
  }
  expect(await refusal(ask(api, roaming()), 'fa')).toEqual({
    appCode: 'OTP_CAPTCHA_REQUIRED',
    message: 'نخست نشان دهید که ربات نیستید.',
  });
  await expect(ask(api, { ...roaming(), deviceKey: `${deviceKey}d` })).resolves.toBeDefined();
  await expect(ask(api, { ...roaming(), deviceKey: null })).resolves.toBeDefined();
  vi.setSystemTime(Date.now() + day);
  await expect(ask(api, roaming())).resolves.toBeDefined();
});

test('A15: the addresses of one site are one neighbourhood: of IPv4 a /24, of IPv6 a /48', async () => {
  const api = shared();
  for (const [within, beyond] of [
    [['203.0.113.1', '203.0.113.80', '::ffff:203.0.113.200', '203.0.113.255'], '203.0.114.1'],
    [
      ['2001:db8:7::1', '2001:db8:7:1::1', '2001:db8:7:2::1', '2001:db8:7:ffff::1'],
      '2001:db8:8::1',
    ],
  ] as const) {
    for (const ip of within.slice(0, 3)) {
      await ask(api, { ip });
    }
    await expectAppError(ask(api, { ip: within[3] }), 'OTP_CAPTCHA_REQUIRED');
    await expect(ask(api, { ip: beyond })).resolves.toBeDefined();
  }
});

test('A15: where budgets by address are widened so is that of a neighbourhood, a device’s is not', async () => {
  const { overrides } = unlimited.limits;
  await using api = await createTestApi({
    config: { ...money({ unusedPerSource: 3 }), limits: { overrides, addressFactor: 2 } },
  });
  const near = await atOnce(8, (index) => ask(api, { ip: addressIn(910, 1 + index) }));
  expect(tally(near)).toEqual({ ok: 6, OTP_CAPTCHA_REQUIRED: 2 });
  const device = await atOnce(5, () => ask(api, roaming()));
  expect(tally(device)).toEqual({ ok: 3, OTP_CAPTCHA_REQUIRED: 2 });
});

test('A15: a right captcha lets one code through, a wrong one none', async () => {
  const captcha = fakeCaptcha();
  await using api = await createTestApi({
    config: { ...unlimited, ...money({ unusedPerSource: 3 }) },
    captcha,
  });
  const ip = addressIn(902);
  for (let unused = 0; unused < 3; unused += 1) {
    await ask(api, { ip }, 'a robot');
  }
  expect(captcha.proofs).toEqual([]);
  await expectAppError(ask(api, { ip }, 'a robot'), 'OTP_CAPTCHA_REQUIRED');
  await expect(ask(api, { ip }, 'a person')).resolves.toBeDefined();
  expect(captcha.proofs).toEqual([
    { token: 'a robot', ip },
    { token: 'a person', ip },
  ]);
  await expectAppError(ask(api, { ip }), 'OTP_CAPTCHA_REQUIRED');
  expect(captcha.proofs).toHaveLength(2);
  expect(await countRows(api, 'otp_challenges')).toBe(4);
});

test('A15: where no captcha is set up none is right', async () => {
  const api = shared();
  const ip = addressIn(903);
  await atOnce(3, () => ask(api, { ip }));
  await expectAppError(ask(api, { ip }, 'a person'), 'OTP_CAPTCHA_REQUIRED');
});

test('A15: a code that is used clears its device and its neighbourhood', async () => {
  const api = shared();
  const key = 'e'.repeat(22);
  const here = { deviceKey: key, ip: addressIn(904) };
  await atOnce(2, () => ask(api, here));
  const code = await api.anonymous(here).requestCode('+989350000000');
  await expectAppError(ask(api, { deviceKey: key, ip: addressIn(905) }), 'OTP_CAPTCHA_REQUIRED');
  await expectAppError(ask(api, { ip: addressIn(904, 9) }), 'OTP_CAPTCHA_REQUIRED');
  await verify(api, code, here);
  for (let unused = 0; unused < 3; unused += 1) {
    await ask(api, here);
  }
  await expectAppError(ask(api, here), 'OTP_CAPTCHA_REQUIRED');
});

/** Codes that were sent some time ago, and how many of them were used. */
async function insertSent(
  api: TestApi,
  { sent, used = 0, minutesAgo = 40, channel = 'sms' }: SentCodes,
): Promise<void> {
  const at = after(api.clock.now(), -minutesAgo * minute);
  const rows = Array.from({ length: sent }, (_, index) => ({
    id: api.app.deps.newId(),
    contact: numberIn(1, index),
    channel,
    purpose: 'login',
    attempts: 0,
    created_at: at,
    expires_at: after(at, 120 * second),
    consumed_at: index < used ? at : null,
    dispatched_at: at,
    deliverable: true,
  }));
  await api.app.db.insertInto('otp_challenges').values(rows).execute();
}

interface SentCodes {
  sent: number;
  used?: number;
  minutesAgo?: number;
  channel?: 'sms' | 'mail';
}

const message = 'few of the login codes sent are used';

test('A15: a warning comes when less than the set part of an hour’s codes is used', async () => {
  await using api = await createTestApi();
  for (const [sent, used, warns] of [
    [49, 0, false],
    [50, 9, true],
    [50, 10, false],
    [100, 19, true],
    [100, 20, false],
  ] as const) {
    await insertSent(api, { sent, used });
    await sweep(api.app);
    expect(api.warnings.splice(0)).toEqual(warns ? [{ sent, used, message }] : []);
    api.clock.advance(hour);
  }
});

test('A15: what was asked for and never sent, mails and the newest codes are not unused codes', async () => {
  await using api = await createTestApi({
    config: { ...unlimited, ...money({ unusedPerSource: 1_000 }) },
  });
  await atOnce(50, (index) =>
    api.anonymous().api.otp.request({ phone: numberIn(1_000 + index), purpose: 'reset-password' }),
  );
  await api.runJobs();
  expect(api.sms.sent).toEqual([]);
  api.clock.advance(40 * minute);
  await insertSent(api, { sent: 50, channel: 'mail' });
  await insertSent(api, { sent: 50, minutesAgo: 9 });
  await insertSent(api, { sent: 50, minutesAgo: 71 });
  await sweep(api.app);
  expect(api.warnings).toEqual([]);
  await insertSent(api, { sent: 50, minutesAgo: 69 });
  await sweep(api.app);
  expect(api.warnings).toEqual([{ sent: 50, used: 0, message }]);
});
