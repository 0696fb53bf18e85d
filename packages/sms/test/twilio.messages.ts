import type { TemplateMessage, TextMessage } from '../src/provider.ts';
import type { FakeTwilio } from '../src/testing/fake-twilio.ts';

export const accountSid = `AC${'0a'.repeat(16)}`;
export const authToken = 'test-token-0001';
export const from = '+15005550006';
export const to = '+447700900001';
export const root = `/2010-04-01/Accounts/${accountSid}`;
export const timeouts = { connectMs: 500, totalMs: 500 };

/** @returns an id of a message as the provider makes them */
export function sidOf(number: number): string {
  return `SM${number.toString(16).padStart(32, '0')}`;
}

export const text: TextMessage = { kind: 'text', to, ref: '70000001', text: 'Hello, سارا' };

export const template: TemplateMessage = {
  kind: 'template',
  to,
  ref: '70000002',
  template: `HX${'1b'.repeat(16)}`,
  values: [
    { name: '1', value: 'سارا' },
    { name: '2', value: '48213' },
  ],
};

/** What stands in the header `authorization`. */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** Asks the fake as no adapter does. @param fields sent as a form, where there are any */
export async function ask(
  fake: FakeTwilio,
  path: string,
  fields?: Record<string, string>,
): Promise<unknown> {
  const response = await fetch(`${fake.url}${root}${path}`, {
    headers: { authorization: basic(accountSid, authToken) },
    ...(fields ? { method: 'POST', body: new URLSearchParams(fields) } : {}),
  });
  return response.json();
}
