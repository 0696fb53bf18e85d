import type { DeliveryState } from '../outcome.ts';
import { countParts } from '../parts.ts';
import { refusedKeys, type FakeReply } from './fake-provider.ts';

/** A message in a list. */
export interface Listed {
  id: string;
  from: string;
  to: string;
  line: string | null;
  text: string;
  at: Date;
}

const tehranMs = 3.5 * 3_600_000;
const success = { RetStatus: 1, StrRetStatus: 'Ok' };

/** The provider's own line, on which templates go out. */
export const sharedLine = '50004001';

/** Of a line that is not the account's: the one refusal with a `RetStatus` of its own. */
export const refusedLine = '5';

/** Fields that REST's methods break down without. */
export const neededFields: Readonly<Record<string, readonly string[]>> = {
  SendSMS: ['to', 'from', 'text', 'isFlash'],
  BaseServiceNumber: ['to', 'bodyId', 'text'],
  GetDeliveries2: ['recId'],
  GetMessages: ['location', 'index', 'count'],
  GetCredit: [],
};

export const refusalsByKey: Readonly<Record<string, string>> = {
  '': '0',
  [refusedKeys.bad]: '0',
  [refusedKeys.ip]: '-111',
  [refusedKeys.disabled]: '10',
};

export const stateCodes: Readonly<Record<DeliveryState, number>> = {
  queued: 400,
  scheduled: 400,
  'sent-to-carrier': 8,
  delivered: 1,
  undelivered: 2,
  failed: 3,
  blacklisted: 35,
  filtered: 300,
  canceled: 500,
  unknown: 100,
};

/** The console's refusals; the words beside "not enough credit" are our invention. */
const words: Readonly<Record<string, string>> = {
  '0': 'توکن معتبر نیست',
  '2': 'اعتبار کافی نیست',
  '5': 'شماره فرستنده معتبر نیست',
  '6': 'سامانه در حال بروزرسانی است',
  '18': 'شماره گیرنده معتبر نیست',
  '-4': 'کد متن معتبر نیست',
};

/** How REST's server answers a request that it cannot read. */
export const brokenDown: FakeReply = {
  status: 500,
  body: JSON.stringify({
    Message: 'An error has occurred.',
    ExceptionMessage: 'Object reference not set to an instance of an object.',
    ExceptionType: 'System.NullReferenceException',
    StackTrace: '',
  }),
};

export function ok(body: unknown): FakeReply {
  return { status: 200, body: JSON.stringify(body) };
}

export function answer(value: string): FakeReply {
  return ok({ Value: value, ...success });
}

export function refusal(code: string): FakeReply {
  return code === refusedLine
    ? ok({ Value: code, RetStatus: 9, StrRetStatus: 'InvalidNumber' })
    : ok({ Value: code, RetStatus: 35, StrRetStatus: 'InvalidData' });
}

/** The id is a bare number, which most languages' readers of JSON would round. */
export function consoleSuccess([id = '0']: readonly string[]): FakeReply {
  return { status: 200, body: `{"recId":${id},"status":"ارسال موفق بود"}` };
}

export function consoleRefusal(code: string): FakeReply {
  return ok({ recId: 0, status: words[code] ?? 'خطای نامشخص' });
}

/** A list of messages, with ids as bare numbers. */
export function list(messages: readonly Listed[]): FakeReply {
  const body = JSON.stringify({
    MyBase: { Value: 'Ok', ...success },
    Data: messages.map(entryOf),
  });
  return { status: 200, body: body.replaceAll(/"MsgID":"(\d+)"/g, '"MsgID":$1') };
}

function entryOf({ id, text, at, from, to }: Listed): Record<string, unknown> {
  return {
    MsgID: id,
    Body: text,
    SendDate: new Date(at.getTime() + tehranMs).toISOString().slice(0, -1),
    Sender: from,
    Receiver: to,
    Parts: countParts(text).parts,
    IsFlash: false,
  };
}
