import type { TemplateMessage, TextMessage } from '../src/provider.ts';
import type { FakeRequest } from '../src/testing/fake-provider.ts';

export const apiKey = 'test-key-0001';
export const line = '+9810008000';
export const to = '+989121110001';
export const pattern = 'otp0a1b2c3d4e5f';
export const timeouts = { connectMs: 500, totalMs: 500 };

export function code(value = '48213', number = to): TemplateMessage {
  const values = [{ name: 'code', value }];
  return { kind: 'template', to: number, ref: '70000001', template: pattern, values };
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

export function ok(data: unknown, meta: object = {}) {
  return { data, meta: { status: true, message: 'انجام شد', message_code: '200-1', ...meta } };
}

export function refused(message_code: string, errors: unknown = {}) {
  return { data: null, meta: { status: false, message: '…', message_code, errors } };
}
