import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { createTestApi, expectAppError } from '../../testing/index.ts';

/** Codes without a wait in between, for tests in which one number gets several. */
const otp = {
  ...defaultConfig.otp,
  resendSeconds: [0],
  sendsPerContactPer10Minutes: 100,
  sendsPerContactPerDay: 100,
};
const password = 'blue horse 27 stairs';

/** What an answer says of people: the fields of every object in it that has a name. */
function peopleIn(answer: unknown): string[] {
  return [
    ...new Set(
      objectsIn(answer)
        .filter((one) => 'firstName' in one)
        .map(fieldsOf),
    ),
  ];
}

function fieldsOf(one: object): string {
  return Object.keys(one).toSorted().join(' ');
}

function objectsIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return [value, ...Object.values(value).flatMap(objectsIn)];
}

const me =
  'birthday createdAt email firstName id kind language lastName phone presenceVisibility showsReceipts timeZone';
const card = 'firstName id lastName';
const friend = 'firstName friendsSince id lastName relation';

/** Words that no field of an answer may be called, whoever it is for. */
const secrets = /hash|password|role|status|reason|erase|phoneChanged|sealed|secret/i;

test('A54: no answer shows a password, a role or the standing of a person', async () => {
  await using api = await createTestApi({ config: { otp } });
  const sara = await api.signUp({ role: 'admin', firstName: 'Sara' });
  const reza = await api.signUp({ role: 'staff', firstName: 'Reza' });
  const mina = await api.signUp({ firstName: 'Mina' });
  await sara.api.password.set({ password });
  const lives = [await (await sara.listen()).ready(), await (await reza.listen()).ready()];
  const answers: Record<string, unknown> = {};
  const saraAgain = api.anonymous();
  const { phone } = sara;
  answers['otp.verify'] = await saraAgain.api.otp.verify(await saraAgain.requestCode(phone));
  answers['password.login'] = await api.anonymous().api.password.login({ phone, password });
  answers['password.register'] = await api.anonymous().api.password.register({
    ...(await api.anonymous().requestCode('+989351234567', 'register')),
    password,
    firstName: 'Ali',
    lastName: 'Karimi',
  });
  answers['user.me'] = await sara.api.user.me();
  answers['user.update'] = await sara.api.user.update({ lastName: 'Karimi' });
  const mailed = await sara.api.account.requestEmail({ email: 'sara@example.com' });
  const code = await sara.readCode(mailed.challengeId);
  const { challengeId } = mailed;
  answers['account.confirmEmail'] = await sara.api.account.confirmEmail({ challengeId, code });
  const texted = await reza.api.account.requestPhone({ phone: '+989367654321' });
  answers['account.changePhone'] = await reza.api.account.changePhone({
    challengeId: texted.challengeId,
    code: await reza.readCode(texted.challengeId),
  });

  const request = await reza.api.friend.request({ userId: sara.id });
  answers['friend.request'] = request;
  answers['friend.listRequests'] = await sara.api.friend.listRequests({});
  answers['friend.accept'] = await sara.api.friend.accept({ requestId: request.id });
  answers['friend.list'] = await reza.api.friend.list({});
  const second = await mina.api.friend.request({ userId: sara.id });
  answers['friend.decline'] = await sara.api.friend.decline({ requestId: second.id });
  const third = await mina.api.friend.request({ userId: sara.id });
  answers['friend.cancel'] = await mina.api.friend.cancel({ requestId: third.id });
  const chat = await reza.api.chat.start({ userId: sara.id });
  answers['chat.start'] = chat;
  answers['chat.list'] = await sara.api.chat.list({});
  answers['chat.get'] = await sara.api.chat.get({ conversationId: chat.id });
  const shown = Object.fromEntries(
    Object.entries(answers).map(([path, answer]) => [path, peopleIn(answer)]),
  );
  expect(shown).toEqual({
    'otp.verify': [me],
    'password.login': [me],
    'password.register': [me],
    'user.me': [me],
    'user.update': [me],
    'account.confirmEmail': [me],
    'account.changePhone': [me],
    'friend.request': [card],
    'friend.listRequests': [card],
    'friend.accept': [card],
    'friend.list': [friend],
    'friend.decline': [card],
    'friend.cancel': [card],
    'chat.start': [card],
    'chat.list': [card],
    'chat.get': [card],
  });

  const inChat = { conversationId: chat.id };
  answers['chat.send'] = await sara.say(chat.id, 'hello');
  answers['chat.listMessages'] = await reza.api.chat.listMessages(inChat);
  answers['session.get'] = await sara.api.session.get();
  answers['session.list'] = await sara.api.session.list();
  answers['session.listEvents'] = await sara.api.session.listEvents({ limit: 100 });
  answers['admin.listEvents'] = await sara.api.admin.listEvents({ userId: reza.id, limit: 100 });
  for (const live of lives) {
    await live.until(({ type }) => type === 'chat.message');
    answers[`stream of ${live.lastEventId}`] = live.stored;
    expect(peopleIn(live.stored)).toEqual([card]);
    live.stop();
  }
  const told = new Set(lives.flatMap(({ stored }) => stored.map(({ type }) => type)));
  expect(told.size).toBeGreaterThan(8);
  for (const [path, answer] of Object.entries(answers)) {
    const fields = objectsIn(answer)
      .filter((one) => !('reason' in one && 'sessionId' in one))
      // What somebody is in a conversation, and how it stands, is said to those who are in it.
      .filter((one) => !('headSeq' in one))
      .flatMap((one) => Object.keys(one));
    const text = JSON.stringify(answer);
    const found = {
      path,
      fields: fields.filter((field) => secrets.test(field)),
      words: ['$argon2', '"staff"', '"admin"'].filter((word) => text.includes(word)),
    };
    expect(found).toEqual({ path, fields: [], words: [] });
  }
});

test('A49: names are edited by hand, and what an account is found by only by a code', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  for (const sneaky of [
    { phone: '+989351234567' },
    { email: 'other@example.com' },
    { kind: 'business' },
    { role: 'admin' },
    { status: 'inactive' },
    { id: api.app.deps.newId() },
  ]) {
    const changes = { firstName: 'Mallory', ...sneaky };
    await expect(sara.api.user.update(changes)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  }
  await expect(sara.api.user.me()).resolves.toMatchObject({
    id: sara.id,
    firstName: null,
    phone: sara.phone,
    email: null,
    kind: 'personal',
  });
  await expect(sara.api.user.update({ firstName: 'Sara' })).resolves.toMatchObject({
    firstName: 'Sara',
    phone: sara.phone,
  });
  // An address is nobody's before its code has come back.
  const { challengeId } = await sara.api.account.requestEmail({ email: 'sara@example.com' });
  await expect(sara.api.user.me()).resolves.toMatchObject({ email: null });
  await expectAppError(
    api.anonymous().api.account.confirmEmail({ challengeId, code: '123456' }),
    'AUTH_REQUIRED',
  );
});
