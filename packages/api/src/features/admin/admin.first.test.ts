import { expect, test } from 'vitest';
import { atOnce, createTestApi, expectAppError, type TestApi } from '../../testing/index.ts';
import { ensureFirstAdmin } from './index.ts';

const first = { phone: '09121234567', password: 'blue horse 27 stairs' };
const phone = '+989121234567';

function findPeople(api: TestApi) {
  return api.app.db.selectFrom('users').select(['id', 'phone', 'role', 'status']).execute();
}

test('O1: the first start makes the administrator, who can log in; later ones find them', async () => {
  await using api = await createTestApi();
  await expect(ensureFirstAdmin(api.app, first)).resolves.toBe('created');
  const made = await findPeople(api);
  expect(made).toMatchObject([{ phone, role: 'admin', status: 'active' }]);
  await expect(ensureFirstAdmin(api.app, first)).resolves.toBe('exists');

  const admin = api.anonymous();
  const { password } = first;
  admin.enter(await admin.api.password.login({ phone, password }));
  expect(admin.id).toBe(made[0]?.id);
  const sara = await api.signUp();
  await admin.api.admin.setRole({ userId: sara.id, role: 'staff' });
  // The live stream is there from the start.
  const live = await (await admin.listen()).ready();
  live.stop();

  // Another password in the variables changes nothing: it was set once.
  const other = { ...first, password: 'green boat 31 windows' };
  await expect(ensureFirstAdmin(api.app, other)).resolves.toBe('exists');
  await expect(api.anonymous().api.password.login({ phone, password })).resolves.toBeDefined();
  expect(api.warnings).toEqual([]);
});

test('O1: five nodes that start at once make one administrator', async () => {
  await using api = await createTestApi();
  const results = await atOnce(5, () => ensureFirstAdmin(api.app, first));
  const outcomes = results.map((result) => (result.status === 'fulfilled' ? result.value : ''));
  expect(outcomes.toSorted()).toEqual(['created', 'exists', 'exists', 'exists', 'exists']);
  await expect(findPeople(api)).resolves.toHaveLength(1);
  const passwords = await api.app.db.selectFrom('passwords').select('user_id').execute();
  expect(passwords).toHaveLength(1);
});

test('O2: a plain user who has the number stays one, and the log says so without the number', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp({ phone });
  await expect(ensureFirstAdmin(api.app, first)).resolves.toBe('taken');
  await expect(findPeople(api)).resolves.toMatchObject([{ id: sara.id, role: 'user' }]);
  await expectAppError(
    api.anonymous().api.password.login({ phone, password: first.password }),
    'PASSWORD_WRONG',
  );
  expect(api.warnings).toEqual([
    { message: 'FIRST_ADMIN_PHONE belongs to a plain user, who stays one' },
  ]);
});

test('O1: a weak password and a number that cannot exist are refused, and nobody is made', async () => {
  await using api = await createTestApi();
  for (const password of ['short', '12345678901', 'password123', `x${phone}`]) {
    await expectAppError(ensureFirstAdmin(api.app, { ...first, password }), 'PASSWORD_WEAK');
  }
  await expectAppError(ensureFirstAdmin(api.app, { ...first, phone: '0912' }), 'PHONE_INVALID');
  await expect(findPeople(api)).resolves.toEqual([]);
});
