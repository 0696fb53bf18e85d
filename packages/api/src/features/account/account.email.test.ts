import { expect, test } from 'vitest';
import { minute, second } from '../../kernel/duration.ts';
import {
  atOnce,
  createTestApi,
  expectAppError,
  tally,
  type Actor,
  type TestApi,
} from '../../testing/index.ts';

const email = 'sara@example.com';

/** Asks for a code to an address and reads it from the mail. */
async function ask(person: Actor, address = email): Promise<{ challengeId: string; code: string }> {
  const { challengeId } = await person.api.account.requestEmail({ email: address });
  return { challengeId, code: await person.readCode(challengeId) };
}

async function confirmed(person: Actor, address = email): Promise<void> {
  await person.api.account.confirmEmail(await ask(person, address));
}

function wrong(code: string): string {
  return code === '000000' ? '111111' : '000000';
}

async function typesOf(api: TestApi, person: Actor): Promise<string[]> {
  const rows = await api.app.db
    .selectFrom('audit_events')
    .select('type')
    .where('user_id', '=', person.id)
    .orderBy('id')
    .execute();
  return rows.map(({ type }) => type);
}

test('A47: a mailed code confirms the address, and the devices of the person are told', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const live = await (await sara.listen()).ready();
  const asked = await sara.api.account.requestEmail({ email: '  Sara@Example.COM ' });
  expect(asked).toEqual({
    challengeId: asked.challengeId,
    expiresAt: new Date(api.clock.now().getTime() + 10 * minute),
    resendAt: new Date(api.clock.now().getTime() + minute),
  });
  const code = await sara.readCode(asked.challengeId);
  expect(api.mail.to(email)).toHaveLength(1);
  expect(api.mail.to(email)[0]?.html).toContain(code);
  expect(api.sms.to(email)).toEqual([]);
  await expect(sara.api.user.me()).resolves.toMatchObject({ email: null });

  const { challengeId } = asked;
  const me = await sara.api.account.confirmEmail({ challengeId, code });
  expect(me).toMatchObject({ id: sara.id, email, phone: sara.phone });
  await expect(sara.api.user.me()).resolves.toEqual(me);
  await live.until(({ type }) => type === 'user.updated');
  expect(live.stored.map((event) => [event.type, event.body])).toMatchObject([
    ['account.alert', { type: 'email-changed', sessionId: sara.sessionId }],
    ['user.updated', { id: sara.id }],
  ]);
  await expect(typesOf(api, sara)).resolves.toContain('email-changed');
  live.stop();

  // From now on the address leads to the account.
  api.clock.advance(minute);
  const again = api.anonymous();
  await again.signIn(email);
  expect(again.id).toBe(sara.id);
});

test('A47: asking again after the wait mails another code, and the one before is void', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const first = await ask(sara);
  api.clock.advance(59 * second);
  await expect(
    expectAppError(sara.api.account.requestEmail({ email }), 'OTP_RESEND_TOO_SOON'),
  ).resolves.toEqual({ retryAfterSeconds: 1 });
  api.clock.advance(second);
  const next = await ask(sara);
  expect(api.mail.to(email)).toHaveLength(2);
  const { confirmEmail } = sara.api.account;
  await expectAppError(confirmEmail(first), 'OTP_EXPIRED');
  await expectAppError(confirmEmail({ ...next, code: wrong(next.code) }), 'OTP_CODE_INVALID');
  await expect(confirmEmail(next)).resolves.toMatchObject({ email });
  await expectAppError(confirmEmail(next), 'OTP_EXPIRED');
});

test('A47: a code is good for ten minutes, five guesses, its person and its purpose', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const late = await ask(sara);
  api.clock.advance(10 * minute);
  await expectAppError(sara.api.account.confirmEmail(late), 'OTP_EXPIRED');

  api.clock.advance(-5 * minute);
  const { challengeId, code } = await ask(sara, 'other@example.com');
  const given = { challengeId, code };
  await expectAppError(reza.api.account.confirmEmail(given), 'OTP_CODE_INVALID');
  await expectAppError(sara.api.account.changePhone(given), 'OTP_CODE_INVALID');
  await expectAppError(sara.api.account.confirm(given), 'OTP_CODE_INVALID');
  await expectAppError(api.anonymous().api.otp.verify(given), 'OTP_CODE_INVALID');
  const guess = { challengeId, code: wrong(code) };
  await expectAppError(sara.api.account.confirmEmail(guess), 'OTP_CODE_INVALID');
  await expectAppError(sara.api.account.confirmEmail(given), 'OTP_CHALLENGE_LOCKED');
  await expect(sara.api.user.me()).resolves.toMatchObject({ email: null });
  await expect(reza.api.user.me()).resolves.toMatchObject({ email: null });

  // Nor is a code for a login any good here.
  const login = await reza.requestCode('third@example.com');
  await expectAppError(reza.api.account.confirmEmail(login), 'OTP_CODE_INVALID');
});

test('A47: the address before is told of a change, and its codes prove nothing any more', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  await confirmed(sara, 'old@example.com');
  await api.runJobs();
  expect(api.mail.to('old@example.com')).toHaveLength(1);

  api.clock.advance(minute);
  const proof = await sara.api.account.requestConfirm({ by: 'email' });
  const code = await sara.readCode(proof.challengeId);
  const stale = { challengeId: proof.challengeId, code };
  await confirmed(sara, 'new@example.com');
  await api.runJobs();
  const told = api.mail.to('old@example.com').slice(2);
  expect(told.map(({ subject }) => subject)).toEqual(['Chapar']);
  expect(told[0]?.text).toContain('e-mail address of your account was changed');
  expect(told[0]?.text).not.toContain('new@example.com');
  expect(api.mail.to('new@example.com')).toHaveLength(1);
  await expectAppError(sara.api.account.confirm(stale), 'OTP_EXPIRED');
  await expect(sara.api.user.me()).resolves.toMatchObject({ email: 'new@example.com' });

  // The same address once more is no change.
  api.clock.advance(minute);
  await confirmed(sara, 'new@example.com');
  await api.runJobs();
  expect(api.mail.sent).toHaveLength(5);
});

test('A47: an address of another account is refused, to those who have its code only', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  await confirmed(sara);
  api.clock.advance(minute);
  const { challengeId, code } = await ask(reza, 'SARA@example.com');
  const { confirmEmail } = reza.api.account;
  await expectAppError(confirmEmail({ challengeId, code: wrong(code) }), 'OTP_CODE_INVALID');
  await expectAppError(confirmEmail({ challengeId, code }), 'USER_EMAIL_TAKEN');
  await expect(reza.api.user.me()).resolves.toMatchObject({ email: null });
  await expect(sara.api.user.me()).resolves.toMatchObject({ email });
  await expect(typesOf(api, reza)).resolves.not.toContain('email-changed');
});

test('A47: of two people who want one address at once one gets it', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const early = await ask(sara);
  api.clock.advance(minute);
  const late = await ask(reza);
  const results = await Promise.allSettled([
    sara.api.account.confirmEmail(early),
    reza.api.account.confirmEmail(late),
  ]);
  expect(tally(results)).toEqual({ ok: 1, USER_EMAIL_TAKEN: 1 });
  const addresses = [(await sara.api.user.me()).email, (await reza.api.user.me()).email];
  expect(new Set(addresses)).toEqual(new Set([email, null]));

  for (let round = 0; round < 4; round += 1) {
    const address = `round${round}@example.com`;
    const register = await api.anonymous().requestCode(address, 'register');
    api.clock.advance(minute);
    await sara.api.account.confirm(await proofOf(sara));
    const confirm = await ask(sara, address);
    const names = { firstName: 'Mina', lastName: 'Karimi' };
    const racing = await Promise.allSettled([
      sara.api.account.confirmEmail(confirm),
      api.anonymous().api.password.register({
        ...register,
        ...names,
        password: 'blue horse 27 stairs',
      }),
    ]);
    expect(tally(racing)).toEqual({ ok: 1, USER_EMAIL_TAKEN: 1 });
    const owners = await api.app.db
      .selectFrom('users')
      .select('id')
      .where('email', '=', address)
      .execute();
    expect(owners).toHaveLength(1);
    api.clock.advance(20 * minute);
  }
});

async function proofOf(person: Actor): Promise<{ challengeId: string; code: string }> {
  const { challengeId } = await person.api.account.requestConfirm({});
  return { challengeId, code: await person.readCode(challengeId) };
}

test('A47: ten right codes at once confirm once', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const asked = await ask(sara);
  const results = await atOnce(10, () => sara.api.account.confirmEmail(asked));
  expect(tally(results)['ok']).toBe(1);
  const types = await typesOf(api, sara);
  expect(types.filter((type) => type === 'email-changed')).toHaveLength(1);
});

test('A47: asking for a code needs a proof of the last five minutes, and a server with mail', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  api.clock.advance(5 * minute + 1);
  await expectAppError(sara.api.account.requestEmail({ email }), 'SESSION_NOT_FRESH');
  await sara.api.account.confirm(await proofOf(sara));
  await expect(sara.api.account.requestEmail({ email })).resolves.toBeDefined();
  await using silent = await createTestApi({ on: api, mail: null });
  await expectAppError(sara.at(silent).api.account.requestEmail({ email }), 'MAIL_OFF');
});
