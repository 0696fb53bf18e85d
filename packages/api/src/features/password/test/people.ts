import type { AppErrorData, Language, Login, Registered } from '@chapar/contract';
import { TRPCError } from '@trpc/server';
import { expect } from 'vitest';
import { defaultConfig } from '../../../config.ts';
import type { ApiConfig, PasswordConfig } from '../../../deps.ts';
import { toPublicError, type PublicError } from '../../../error-shape.ts';
import type { Actor, TestApi } from '../../../testing/index.ts';

/** Passwords that are good, and are nobody's name. */
export const password = 'correct horse battery';
export const another = 'staple lantern quartz';

/** Hashes that cost next to nothing, for what does not depend on the cost. */
export function cheap(changes: Partial<PasswordConfig> = {}): { password: PasswordConfig } {
  return { password: { ...defaultConfig.password, memoryKiB: 1_024, passes: 1, ...changes } };
}

/** What a test changes of the configuration, on top of cheap hashes. */
export function cheapWith(changes: Partial<ApiConfig>): Partial<ApiConfig> {
  return { ...cheap(), ...changes };
}

/** A profile without anything wrong. */
export const profile = { password, firstName: 'Sara', lastName: 'Moradi' };

/** What `password.register` takes beside the code. */
export type Details = Partial<typeof profile> & {
  email?: string;
  birthday?: string;
  kind?: string;
};

/** Somebody who has just registered, with what they were answered. */
export interface Registree {
  actor: Actor;
  answer: Registered;
}

/** Registers by a code to a phone number or an e-mail address, from an address of its own. */
export async function register(
  api: TestApi,
  contact: string,
  details: Details = {},
): Promise<Registree> {
  const actor = api.anonymous();
  const code = await actor.requestCode(contact, 'register');
  const answer = await actor.api.password.register({ ...code, ...profile, ...details });
  actor.enter(answer);
  return { actor, answer };
}

/** Logs in from an address of its own. */
export function login(
  api: TestApi,
  name: string,
  typed: string = password,
  kind?: string,
): Promise<Login> {
  const contact = name.includes('@') ? { email: name } : { phone: name };
  const input = { ...contact, password: typed, ...(kind !== undefined && { kind }) };
  return api.anonymous().api.password.login(input);
}

/** Somebody who has logged in on a device of their own. */
export async function loggedIn(api: TestApi, name: string, typed?: string): Promise<Actor> {
  const actor = api.anonymous();
  actor.enter(await login(api, name, typed));
  return actor;
}

/** What a client is shown of a refusal. */
export async function refusal(
  call: Promise<unknown>,
  language: Language = 'en',
): Promise<PublicError> {
  const error: unknown = await call.then(
    (value) => new Error(`expected a refusal, got an answer: ${JSON.stringify(value)}`),
    (error_: unknown) => error_,
  );
  if (!(error instanceof TRPCError)) {
    throw error;
  }
  return toPublicError(error, language);
}

type Issue = NonNullable<AppErrorData<'INPUT_INVALID'>>['issues'][number];

/** What is wrong with the input, field by field. */
export async function issuesOf(
  call: Promise<unknown>,
  language: Language = 'en',
): Promise<Issue[]> {
  const { appCode, data } = await refusal(call, language);
  expect(appCode).toBe('INPUT_INVALID');
  return (data as { issues: Issue[] }).issues;
}

/** What makes a password too weak. */
export async function weaknessesOf(call: Promise<unknown>): Promise<string[]> {
  const { appCode, data } = await refusal(call);
  expect(appCode).toBe('PASSWORD_WEAK');
  return (data as { weaknesses: string[] }).weaknesses;
}

/** A code that is not this one. */
export function wrongCode(code: string): string {
  return String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');
}
