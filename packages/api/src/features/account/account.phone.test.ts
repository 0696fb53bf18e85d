import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { minute, second } from '../../kernel/duration.ts';
import {
  atOnce,
  createTestApi,
  expectAppError,
  tally,
  type Actor,
  type TestApi,
} from '../../testing/index.ts';

const phone = '+989351234567';

/** Codes without a wait in between, for tests in which one number gets several. */
const otp = {
  ...defaultConfig.otp,
  resendSeconds: [0],
  sendsPerContactPer10Minutes: 100,
  sendsPerContactPerDay: 100,
};

/** Asks for a code to a new number and reads it from the SMS. */
async function ask(person: Actor, to = phone): Promise<{ challengeId: string; code: string }> {
  const { challengeId } = await person.api.account.requestPhone({ phone: to });
  return { challengeId, code: await person.readCode(challengeId) };
}

async function proofOf(person: Actor): Promise<{ challengeId: string; code: string }> {
  const { challengeId } = await person.api.account.requestConfirm({});
  return { challengeId, code: await person.readCode(challengeId) };
}

async function elsewhere(api: TestApi, contact: string): Promise<Actor> {
  const device = api.anonymous();
  await device.signIn(contact);
  return device;
}

function findRow(api: TestApi, person: Actor) {
  return api.app.db
    .selectFrom('users')
    .select(['phone', 'phone_changed_at'])
    .where('id', '=', person.id)
    .executeTakeFirstOrThrow();
}

async function countEvents(api: TestApi, type: string): Promise<number> {
  const rows = await api.app.db
    .selectFrom('audit_events')
    .select('id')
    .where('type', '=', type)
    .execute();
  return rows.length;
}

test('A49, S7: a change of phone tells the old number, ends the other sessions and voids old codes', async () => {
  await using api = await createTestApi({ config: { otp } });
  await using node = await createTestApi({ on: api, config: { otp } });
  const sara = await api.signUp();
  const old = sara.phone;
  const thief = await elsewhere(api, old);
  const live = await (await thief.at(node).listen()).ready();
  const login = await thief.requestCode(old);
  const proof = await proofOf(sara);
  const stepUp = await proofOf(thief);
  const asked = await ask(sara);
  await expect(findRow(api, sara)).resolves.toEqual({ phone: old, phone_changed_at: null });

  api.clock.advance(second);
  const me = await sara.api.account.changePhone(asked);
  expect(me).toMatchObject({ id: sara.id, phone });
  await expect(sara.api.user.me()).resolves.toEqual(me);
  await expect(findRow(api, sara)).resolves.toEqual({ phone, phone_changed_at: api.clock.now() });

  await expectAppError(thief.api.user.me(), 'SESSION_ENDED');
  const { refreshToken } = thief;
  await expectAppError(thief.api.session.refresh({ refreshToken }), 'SESSION_ENDED');
  await expect.poll(() => live.closeCode, { timeout: second }).toBe(4403);
  expect(live.stored.at(-1)).toMatchObject({
    type: 'session.ended',
    body: { sessionId: thief.sessionId, reason: 'phone-changed' },
  });
  for (const pending of [login, proof, stepUp]) {
    await expectAppError(api.anonymous().api.otp.verify(pending), 'OTP_EXPIRED');
    await expectAppError(sara.api.account.confirm(pending), 'OTP_EXPIRED');
  }

  const before = api.sms.to(old).length;
  await api.runJobs();
  const notices = api.sms.to(old).slice(before);
  expect(notices).toEqual([
    'Chapar\nThe phone number of your account was changed. If it was not you, contact support.',
  ]);
  const { items } = await sara.api.session.listEvents({ limit: 2 });
  expect(items.map(({ type }) => type)).toEqual(['phone-changed', 'session-ended']);

  // The new number leads to the account, and the old one to nobody's.
  await expect(elsewhere(api, phone)).resolves.toMatchObject({ id: sara.id });
  const stranger = await elsewhere(api, old);
  expect(stranger.id).not.toBe(sara.id);
});

test('A49: the notice comes in the language that the person has chosen', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  await sara.api.user.update({ language: 'fa' });
  await sara.api.account.changePhone(await ask(sara));
  await api.runJobs();
  expect(api.sms.to(sara.phone).at(-1)).toContain('شماره تلفن حساب شما عوض شد');
});

test('A49: a number of another account is refused, to those who have its code only', async () => {
  await using api = await createTestApi({ config: { otp } });
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const other = await elsewhere(api, sara.phone);
  const { challengeId, code } = await ask(sara, reza.phone);
  expect(api.sms.to(reza.phone).at(-1)).toContain(code);
  const wrong = code === '000000' ? '111111' : '000000';
  const { changePhone } = sara.api.account;
  await expectAppError(changePhone({ challengeId, code: wrong }), 'OTP_CODE_INVALID');
  await expectAppError(changePhone({ challengeId, code }), 'USER_PHONE_TAKEN');

  // Nothing of it is left, neither sessions nor the log nor a notice.
  await expect(other.api.user.me()).resolves.toMatchObject({ phone: sara.phone });
  await expect(findRow(api, sara)).resolves.toMatchObject({ phone_changed_at: null });
  await expect(countEvents(api, 'phone-changed')).resolves.toBe(0);
  await expect(countEvents(api, 'session-ended')).resolves.toBe(0);
  const sent = api.sms.sent.length;
  await api.runJobs();
  expect(api.sms.sent).toHaveLength(sent);
  await expect(reza.api.user.me()).resolves.toMatchObject({ phone: reza.phone });
});

test('A49: ten right codes at once change the number once', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp({ byCode: true });
  const asked = await ask(sara);
  const results = await atOnce(10, () => sara.api.account.changePhone(asked));
  const { ok, OTP_EXPIRED = 0, OTP_CHALLENGE_LOCKED = 0 } = tally(results);
  expect(ok).toBe(1);
  expect(OTP_EXPIRED + OTP_CHALLENGE_LOCKED).toBe(9);
  await expect(countEvents(api, 'phone-changed')).resolves.toBe(1);
  await api.runJobs();
  expect(api.sms.to(sara.phone)).toHaveLength(2);
  await expect(sara.api.user.me()).resolves.toMatchObject({ phone });
});

test('A49: a code for a new number is good for the one who asked, for this and for nothing else', async () => {
  await using api = await createTestApi({ config: { otp } });
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const asked = await ask(sara);
  await expectAppError(reza.api.account.changePhone(asked), 'OTP_CODE_INVALID');
  await expectAppError(api.anonymous().api.otp.verify(asked), 'OTP_CODE_INVALID');
  await expectAppError(sara.api.account.confirm(asked), 'OTP_CODE_INVALID');
  const login = await api.anonymous().requestCode('+989351110000');
  await expectAppError(sara.api.account.changePhone(login), 'OTP_CODE_INVALID');
  await expectAppError(api.anonymous().api.account.changePhone(asked), 'AUTH_REQUIRED');
  await expect(sara.api.account.changePhone(asked)).resolves.toMatchObject({ phone });
  await expect(findRow(api, reza)).resolves.toMatchObject({ phone: reza.phone });
});

test('A49: asking for the code needs a proof of the last five minutes and a number that can exist', async () => {
  await using api = await createTestApi({ config: { otp } });
  const sara = await api.signUp();
  const { account } = sara.api;
  await expectAppError(account.requestPhone({ phone: '09121234' }), 'PHONE_INVALID');
  api.clock.advance(5 * minute);
  await expect(account.requestPhone({ phone })).resolves.toBeDefined();
  api.clock.advance(1);
  await expectAppError(account.requestPhone({ phone }), 'SESSION_NOT_FRESH');
  await account.confirm(await proofOf(sara));
  await expect(account.changePhone(await ask(sara))).resolves.toMatchObject({ phone });
});

test('A49: of a change to a number and a first login with it, whoever is first has the number', async () => {
  await using api = await createTestApi({ config: { otp } });
  const outcomes = new Set<string>();
  for (let round = 0; round < 8; round += 1) {
    const number = `+98936000${round}000`;
    const sara = await api.signUp();
    const [change, login] = [await ask(sara, number), await api.anonymous().requestCode(number)];
    const newcomer = api.anonymous();
    const [changed, entered] = await Promise.allSettled([
      sara.api.account.changePhone(change),
      newcomer.api.otp.verify(login),
    ]);
    const owners = await api.app.db
      .selectFrom('users')
      .select('id')
      .where('phone', '=', number)
      .execute();
    expect(owners).toHaveLength(1);
    const isChanged = changed.status === 'fulfilled';
    outcomes.add(Object.keys(tally([changed])).join(','));
    expect(owners[0]?.id === sara.id).toBe(isChanged);
    // Whoever has proved the number is in: in the account that it belongs to.
    expect(entered).toMatchObject({ value: { user: { id: owners[0]?.id } } });
  }
  expect([...outcomes].filter((outcome) => !['ok', 'USER_PHONE_TAKEN'].includes(outcome))).toEqual(
    [],
  );
});
