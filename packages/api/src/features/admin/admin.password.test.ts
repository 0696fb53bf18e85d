import { expect, test } from 'vitest';
import { second } from '../../kernel/duration.ts';
import { createTestApi, expectAppError } from '../../testing/index.ts';

const before = 'blue horse 27 stairs';
const password = 'green boat 31 windows';

test('A39: an administrator sets somebody’s password: it works, the old one does not, and every session ends', async () => {
  await using api = await createTestApi();
  await using node = await createTestApi({ on: api });
  const [admin, sara] = [await api.signUp({ role: 'admin' }), await api.signUp({ byCode: true })];
  const { phone } = sara;
  await sara.api.password.set({ password: before });
  const live = await (await sara.at(node).listen()).ready();
  const pending = await api
    .anonymous()
    .requestCode(phone, 'reset-password')
    .catch(() => null);
  expect(pending).toBeNull();

  await admin.api.admin.setPassword({ userId: sara.id, password });
  for (const device of [sara, sara.at(node)]) {
    await expectAppError(device.api.user.me(), 'SESSION_ENDED');
    const { refreshToken } = device;
    await expectAppError(device.api.session.refresh({ refreshToken }), 'SESSION_ENDED');
  }
  await expect.poll(() => live.closeCode, { timeout: second }).toBe(4403);
  const guest = api.anonymous();
  const login = (typed: string) => guest.api.password.login({ phone, password: typed });
  await expectAppError(login(before), 'PASSWORD_WRONG');
  api.clock.advance(second);
  guest.enter(await login(password));
  expect(guest.id).toBe(sara.id);

  const { items } = await guest.api.session.listEvents({ limit: 100 });
  const set = items.filter(({ type }) => type === 'password-set');
  expect(set.map(({ isByStaff }) => isByStaff)).toEqual([true, false]);
  const text = JSON.stringify(await api.app.db.selectFrom('audit_events').selectAll().execute());
  for (const secret of [password, before, 'argon2', phone]) {
    expect(text).not.toContain(secret);
  }
});

test('A39: only administrators set passwords, of people below them, and never weak ones', async () => {
  await using api = await createTestApi();
  const [admin, staff, sara] = [
    await api.signUp({ role: 'admin' }),
    await api.signUp({ role: 'staff' }),
    await api.signUp(),
  ];
  const set = (by: typeof admin, userId: string, typed = password) =>
    by.api.admin.setPassword({ userId, password: typed });
  await expectAppError(set(api.anonymous(), sara.id), 'AUTH_REQUIRED');
  await expectAppError(set(sara, sara.id), 'STAFF_ONLY');
  await expectAppError(set(staff, sara.id), 'ADMIN_ONLY');
  await expectAppError(set(admin, admin.id), 'ADMIN_RANK');
  await expectAppError(set(admin, api.app.deps.newId()), 'USER_NOT_FOUND');
  const { weaknesses } =
    (await expectAppError(set(admin, sara.id, 'short'), 'PASSWORD_WEAK')) ?? {};
  expect(weaknesses).toContain('too-short');
  await expectAppError(set(admin, sara.id, `x${sara.phone.slice(1)}`), 'PASSWORD_WEAK');
  const passwords = await api.app.db.selectFrom('passwords').select('user_id').execute();
  expect(passwords).toEqual([]);
  await expect(sara.api.user.me()).resolves.toBeDefined();
  await set(admin, staff.id);
  await expectAppError(staff.api.user.me(), 'SESSION_ENDED');
});
