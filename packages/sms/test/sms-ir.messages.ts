import type { TemplateMessage, TextMessage } from '../src/provider.ts';
import type { FakeRequest } from '../src/testing/fake-provider.ts';

export const apiKey = 'test-key-0001';
export const to = '+989121110001';
export const other = '+989351110002';
export const timeouts = { connectMs: 500, totalMs: 500 };

export function code(value = '48213', number = to): TemplateMessage {
  const values = [{ name: 'CODE', value }];
  return { kind: 'template', to: number, ref: '70000001', template: '200001', values };
}

export function text(number = to, words = 'سلام دنیا'): TextMessage {
  return { kind: 'text', to: number, ref: '70000002', text: words };
}

export function rejected(
  scope: string,
  error: string,
  providerCode: string | null,
  httpStatus?: number,
) {
  const status = httpStatus === undefined ? {} : { httpStatus };
  return { outcome: 'rejected', scope, error, providerCode, ...status };
}

export function callOf(request: FakeRequest | undefined): string {
  return request ? `${request.method} ${request.path}` : '';
}

export function ok(data: unknown) {
  return { status: 1, message: 'موفق', data };
}
