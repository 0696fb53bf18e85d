import { expect, test } from 'vitest';
import { day, minute, second } from '../../kernel/duration.ts';
import { sweep } from '../../sweep.ts';
import { createTestApi, expectAppError, type TestApi } from '../../testing/index.ts';
import { forgetOldAudit } from './index.ts';

const password = 'blue horse 27 stairs';

function findAll(api: TestApi) {
  return api.app.db.selectFrom('audit_events').selectAll().orderBy('id').execute();
}

test('A53: what happened is written down with the act itself, or neither is', async () => {
  await using api = await createTestApi();
  const [admin, sara, reza] = [
    await api.signUp({ role: 'admin' }),
    await api.signUp(),
    await api.signUp(),
  ];
  const count = async (): Promise<number> => (await findAll(api)).length;
  const before = await count();
  api.clock.advance(minute);
  const { challengeId } = await sara.api.account.requestPhone({ phone: reza.phone });
  const code = await sara.readCode(challengeId);
  await expectAppError(sara.api.account.changePhone({ challengeId, code }), 'USER_PHONE_TAKEN');
  const userId = admin.id;
  await expectAppError(admin.api.admin.setRole({ userId, role: 'user' }), 'ADMIN_RANK');
  await expectAppError(sara.api.account.confirm({ password }), 'PASSWORD_WRONG');
  await expect(count()).resolves.toBe(before);

  // An act that is refused at the very end takes back what was written about it.
  await api.database.pool.query(`
    create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'no'; end $$;
    create trigger refuse before update on sessions for each row execute function refuse();
  `);
  const reason = 'spam in many chats';
  const broken = { code: 'INTERNAL_SERVER_ERROR' };
  const closing = admin.api.admin.deactivateUser({ userId: sara.id, reason });
  await expect(closing).rejects.toMatchObject(broken);
  await expect(sara.api.account.remove()).rejects.toMatchObject(broken);
  await expect(count()).resolves.toBe(before);
  await expect(sara.api.user.me()).resolves.toBeDefined();
  await api.database.pool.query('drop trigger refuse on sessions');
  await admin.api.admin.deactivateUser({ userId: sara.id, reason });
  const added = (await findAll(api)).slice(before);
  expect(added.map(({ type }) => type)).toEqual(['deactivated', 'session-ended']);
});

test('A53: what is written down cannot be changed, nor removed but by age and by erasure', async () => {
  await using api = await createTestApi();
  await api.signUp();
  const rows = await findAll(api);
  expect(rows).toHaveLength(2);
  const { pool } = api.database;
  const refused = [
    `update audit_events set type = 'signed-in'`,
    `update audit_events set detail = '{}' where false or true`,
    'delete from audit_events',
    'truncate audit_events',
    'truncate users cascade',
    `insert into audit_events select * from audit_events
      on conflict (id) do update set ip = 'elsewhere'`,
  ];
  for (const statement of refused) {
    await expect(pool.query(statement)).rejects.toMatchObject({ code: '42501' });
  }
  // Whoever may remove may still not change.
  const client = await pool.connect();
  await client.query(`begin; set local chapar.audit_removal = 'on'`);
  const change = client.query(`update audit_events set ip = 'elsewhere'`);
  await expect(change).rejects.toMatchObject({ code: '42501' });
  await client.query('rollback');
  client.release();
  await expect(findAll(api)).resolves.toEqual(rows);

  // A removal by age opens the table for its own transaction only.
  api.clock.advance(366 * day);
  await expect(forgetOldAudit(api.app)).resolves.toBe(2);
  await api.signUp();
  const statements = Array.from({ length: 20 }, () => pool.query('delete from audit_events'));
  const results = await Promise.allSettled(statements);
  expect(results.filter(({ status }) => status === 'fulfilled')).toEqual([]);
});

test('A53: entries are kept for a year', async () => {
  await using api = await createTestApi();
  await api.signUp();
  api.clock.advance(second);
  const sara = await api.signUp();
  api.clock.advance(365 * day - second);
  await expect(sweep(api.app)).resolves.toMatchObject({ audit: 0 });
  api.clock.advance(1);
  await expect(sweep(api.app)).resolves.toMatchObject({ audit: 2 });
  const left = await findAll(api);
  expect(left.map((row) => row.user_id)).toEqual([sara.id, sara.id]);
});

test('A27, A39: no entry holds a code, a token, a password, a name or a contact', async () => {
  await using api = await createTestApi();
  const deviceKey = 'k'.repeat(32);
  const [admin, sara] = [await api.signUp({ role: 'admin' }), api.anonymous({ deviceKey })];
  const secrets: string[] = [password, deviceKey, 'green boat 31 windows', 'Sara', 'spam'];
  const keep = (...more: string[]): void => void secrets.push(...more.filter(Boolean));
  const phone = '+989351234567';
  const asked = await sara.requestCode(phone);
  sara.enter(
    await sara.api.otp.verify({ ...asked, device: { name: 'Saraphone', platform: 'ios' } }),
  );
  keep(phone, asked.code, sara.accessToken, sara.refreshToken);
  await sara.api.user.update({ firstName: 'Sara' });
  await sara.api.password.set({ password });
  await expectAppError(
    api.anonymous().api.password.login({ phone, password: 'x' }),
    'PASSWORD_WRONG',
  );
  const mailed = await sara.api.account.requestEmail({ email: 'sara@example.com' });
  const mailCode = await sara.readCode(mailed.challengeId);
  const { challengeId } = mailed;
  await sara.api.account.confirmEmail({ challengeId, code: mailCode });
  keep('sara@example.com', mailCode);
  const texted = await sara.api.account.requestPhone({ phone: '+989367654321' });
  const code = await sara.readCode(texted.challengeId);
  await sara.api.account.changePhone({ challengeId: texted.challengeId, code });
  keep('+989367654321', code);
  await sara.api.account.confirm({ password });
  const { refreshToken } = sara;
  const next = await sara.api.session.refresh({ refreshToken });
  keep(next.accessToken, next.refreshToken);
  await sara.api.session.refresh({ refreshToken: next.refreshToken });
  await expectAppError(sara.api.session.refresh({ refreshToken }), 'SESSION_ENDED');
  const userId = sara.id;
  await admin.api.admin.setPassword({ userId, password: 'green boat 31 windows' });
  await admin.api.admin.setRole({ userId, role: 'staff' });
  await admin.api.admin.deactivateUser({ userId, reason: 'spam' });
  await admin.api.admin.reactivateUser({ userId });
  api.clock.advance(minute);
  const back = api.anonymous({ deviceKey });
  await back.signIn('+989367654321');
  await back.api.account.remove();
  await back.signIn('sara@example.com');

  const rows = await findAll(api);
  const types = new Set(rows.map(({ type }) => type));
  expect(types.size).toBeGreaterThanOrEqual(13);
  const words = rows.flatMap(({ detail }) => Object.entries(detail as Record<string, string>));
  expect([...new Set(words.map(([key, value]) => `${key}: ${value}`))].toSorted()).toEqual([
    'from: user',
    'method: otp',
    'method: password',
    'reason: account-removed',
    'reason: refresh-reused',
    'to: staff',
  ]);
  const text = JSON.stringify(rows);
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
});
