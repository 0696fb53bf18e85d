import type { SendOutcome } from '../src/outcome.ts';
import type { SmsProvider, TemplateMessage, TextMessage } from '../src/provider.ts';
import { createMeliPayamak, createMeliPayamakConsole } from '../src/providers/meli-payamak.ts';
import { Loopback } from './loopback.ts';

export const username = '09120000000';
export const apiKey = '00000000-1111-2222-3333-444444444444';
export const token = 'console-token-0001';
export const from = '50002000000001';
const to = '+989121110001';
export const timeouts = { connectMs: 500, totalMs: 500 };
export const text: TextMessage = { kind: 'text', to, ref: '70000001', text: 'سلام دنیا' };
export const template: TemplateMessage = {
  kind: 'template',
  to,
  ref: '70000002',
  template: '123456',
  values: [
    { name: '1', value: 'سارا' },
    { name: '2', value: '48213' },
  ],
};

/** Another template, or other values in their order. */
export function templateOf(more: {
  template?: string;
  values?: readonly string[];
}): TemplateMessage {
  const values = more.values?.map((value, i) => ({ name: String(i + 1), value }));
  return {
    ...template,
    ...(more.template === undefined ? {} : { template: more.template }),
    ...(values ? { values } : {}),
  };
}

export function accepted(id: string): SendOutcome {
  return { outcome: 'accepted', providerMessageId: id };
}

export function refused(because: string, providerCode: string | null): unknown {
  const [scope, error] = because.split(' ');
  return { outcome: 'rejected', scope, error, providerCode, httpStatus: 200 };
}

export const badBody = { outcome: 'unknown', reason: 'bad-body', httpStatus: 200 };

/** REST's answer to what it refuses for a reason that is in its code only. */
export const failed = (value: unknown): string =>
  JSON.stringify({ Value: value, RetStatus: 35, StrRetStatus: 'InvalidData' });

/** Adapters of both generations whose every call gets one answer. */
export interface Answering extends AsyncDisposable {
  rest(body: string, status?: number): SmsProvider;
  viaConsole(body: string, status?: number): SmsProvider;
}

/** A server on loopback that gives the answer that was asked for last. */
export async function startAnswering(): Promise<Answering> {
  const loopback = await new Loopback().start();
  const { url } = loopback;
  return {
    rest: (body, status = 200) => {
      loopback.always(status, body);
      return createMeliPayamak({ username, apiKey, from, url, timeouts });
    },
    viaConsole: (body, status = 200) => {
      loopback.always(status, body);
      return createMeliPayamakConsole({ token, from, url, timeouts });
    },
    [Symbol.asyncDispose]: () => loopback.stop(),
  };
}
