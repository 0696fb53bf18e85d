import { randomInt, randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Caller } from './caller.ts';

/** Somebody who can be asked for, whether they have an account or not. */
export interface Person {
  phone: string;
  email: string;
  /** Of a code that was asked for. */
  challengeId: string;
}

/** The password of every account. */
const password = 'correct horse battery staple';

/** Contacts that nobody has: every number in a block of a thousand of its own, all equally long. */
export function inventPeople(count: number): Person[] {
  const blocks = new Set<number>();
  while (blocks.size < count) {
    blocks.add(randomInt(1_000_000));
  }
  return Array.from(blocks, (block) => {
    const digits = `${String(block).padStart(6, '0')}${String(randomInt(1_000)).padStart(3, '0')}`;
    const email = `${randomUUID().replaceAll('-', '')}@mail.example`;
    return { phone: `+989${digits}`, email, challengeId: '' };
  });
}

/**
 * Gives people accounts with phone number, e-mail address and password: one account is registered
 * as everybody does, the others are copies of its rows.
 */
export async function openAccounts(
  db: pg.Client,
  caller: Caller,
  people: readonly Person[],
): Promise<void> {
  const id = await register(caller);
  const contacts = [people.map(({ phone }) => phone), people.map(({ email }) => email)];
  await db.query(
    `insert into users
     select (jsonb_populate_record(u, jsonb_build_object(
       'id', gen_random_uuid(), 'phone', p.phone, 'email', p.email))).*
     from users u, unnest($2::text[], $3::text[]) as p (phone, email) where u.id = $1`,
    [id, ...contacts],
  );
  await db.query(
    `insert into passwords
     select (jsonb_populate_record(p, jsonb_build_object('user_id', u.id))).*
     from passwords p, users u where p.user_id = $1 and u.phone = any ($2)`,
    [id, contacts[0]],
  );
  await db.query('vacuum analyze users, passwords');
}

/** @returns the id of the account */
async function register(caller: Caller): Promise<string> {
  const [first] = inventPeople(1);
  const { phone = '' } = first ?? {};
  const asked = await caller.call('otp.request', { phone, purpose: 'register' });
  const challengeId = readChallenge(asked.body);
  const code = await readCode(caller, phone);
  const names = { firstName: 'Sara', lastName: 'Moradi' };
  const made = await caller.call('password.register', { challengeId, code, password, ...names });
  const id = /"user":\{"id":"([^"]+)"/.exec(made.body)?.[1];
  if (id === undefined) {
    throw new Error(`no account was made: ${made.body}`);
  }
  return id;
}

/** @throws Error when the answer has no challenge, with what it says */
export function readChallenge(body: string): string {
  const id = /"challengeId":"([^"]+)"/.exec(body)?.[1];
  if (id === undefined) {
    throw new Error(`no code was sent: ${body}`);
  }
  return id;
}

const tries = 500;

async function readCode(caller: Caller, phone: string): Promise<string> {
  for (let i = 0; i < tries; i += 1) {
    const { body } = await caller.get(`/dev/sms?phone=${encodeURIComponent(phone)}`);
    const code = /\b\d{6}\b/.exec(body)?.[0];
    if (code !== undefined) {
      return code;
    }
  }
  throw new Error('no code came');
}
