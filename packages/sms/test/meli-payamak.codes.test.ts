import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  accepted,
  badBody,
  failed,
  refused,
  template,
  text,
  startAnswering,
  type Answering,
} from './meli-payamak.answering.ts';

let answering: Answering;

beforeAll(async () => {
  answering = await startAnswering();
});

afterAll(() => answering[Symbol.asyncDispose]());

const both: [string, string][] = [
  ['0', 'account auth'],
  ['2', 'account no-credit'],
  ['3', 'provider quota-exceeded'],
  ['4', 'provider quota-exceeded'],
  ['6', 'provider busy'],
  ['7', 'message content-rejected'],
  ['10', 'account account-disabled'],
  ['11', 'recipient blacklisted'],
  ['12', 'account account-disabled'],
  ['16', 'recipient bad-number'],
  ['17', 'message empty-message'],
  ['18', 'recipient bad-number'],
  ['19', 'provider quota-exceeded'],
  ['35', 'recipient blacklisted'],
  ['-108', 'account ip-not-allowed'],
  ['-109', 'account ip-not-allowed'],
  ['-110', 'account auth'],
  ['-111', 'account ip-not-allowed'],
  ['108', 'account ip-not-allowed'],
  ['109', 'account ip-not-allowed'],
  ['110', 'account auth'],
  ['111', 'account ip-not-allowed'],
];
const ofText: [string, string][] = [
  ['5', 'account bad-sender'],
  ['8', 'message bad-request'],
  ['9', 'account bad-sender'],
  ['14', 'message content-rejected'],
  ['15', 'message content-rejected'],
];
const ofTemplate: [string, string][] = [
  ['-1', 'account account-disabled'],
  ['-2', 'message batch-too-big'],
  ['-3', 'account bad-sender'],
  ['-4', 'account template-missing'],
  ['-5', 'account template-args'],
  ['-6', 'provider unexpected'],
  ['-7', 'account bad-sender'],
  ['-10', 'message content-rejected'],
];

test.each([...both, ...ofText])('an answer with the code %s for a text', async (code, because) => {
  expect(await answering.rest(failed(code)).send(text)).toEqual(refused(because, code));
  expect(await answering.rest(failed(Number(code))).send(text)).toEqual(refused(because, code));
});

test.each([...both, ...ofTemplate])(
  'an answer with the code %s for a template',
  async (code, because) => {
    expect(await answering.rest(failed(code)).send(template)).toEqual(refused(because, code));
  },
);

test('an answer with a code of the other method', async () => {
  for (const [code] of ofTemplate) {
    expect(await answering.rest(failed(code)).send(text)).toEqual(
      refused('account unexpected', code),
    );
  }
  for (const [code] of [...ofText, ['1']] as const) {
    expect(await answering.rest(failed(code)).send(template)).toEqual(
      refused('account unexpected', code),
    );
  }
});

test.each([
  ['0', 'sent-to-carrier'],
  ['1', 'delivered'],
  ['2', 'undelivered'],
  ['3', 'failed'],
  ['5', 'failed'],
  ['8', 'sent-to-carrier'],
  ['16', 'failed'],
  ['35', 'blacklisted'],
  ['100', 'unknown'],
  ['200', 'sent-to-carrier'],
  ['300', 'filtered'],
  ['400', 'queued'],
  ['500', 'failed'],
  ['7', 'unknown'],
])('an answer with the state %s', async (code, state) => {
  const id = '5243690000000000001';
  const reports = [{ providerMessageId: id, state, providerCode: code }];
  const body = `{"Value":"${code}","RetStatus":1,"StrRetStatus":"Ok"}`;
  expect(await answering.rest(body).status([id])).toEqual(reports);
  expect(await answering.rest(failed(code)).status([id])).toBeNull();
  expect(
    await answering.viaConsole(`{"results":[""],"resultsAsCode":[${code}]}`).status([id]),
  ).toEqual(reports);
});

test('an answer with credit, which is never called Rial', async () => {
  const credit = { amount: '1250.5', unit: 'credit' };
  const body = '{"Value":"1250.5","RetStatus":1,"StrRetStatus":"Ok"}';
  expect(await answering.rest(body).credit()).toEqual(credit);
  expect(await answering.rest(body.replaceAll('"1250.5"', '1250.5')).credit()).toEqual(credit);
  expect(await answering.rest(body.replaceAll('"1250.5"', 'null')).credit()).toBeNull();
  expect(await answering.rest(failed('0')).credit()).toBeNull();
  expect(await answering.viaConsole('{"amount":1250.5,"status":""}').credit()).toEqual(credit);
  expect(await answering.viaConsole('{"amount":null,"status":"خطا"}').credit()).toBeNull();
});

test.each<[string, unknown]>([
  ['{"recId":4707200000000000161,"status":"ارسال موفق بود"}', accepted('4707200000000000161')],
  ['{"recId":"4707200000000000161","status":""}', accepted('4707200000000000161')],
  ['{"status":"عملیات موفق","recId":9007199254740993}', accepted('9007199254740993')],
  ['{"recId":0,"status":"اعتبار کافی نیست"}', refused('account no-credit', null)],
  ['{"recId":0,"status":"خطا"}', refused('account unexpected', null)],
  ['{"recId":"0","status":null}', refused('account unexpected', null)],
  ['{"recId":0}', refused('account unexpected', null)],
  ['{"recId":-4,"status":""}', badBody],
  ['{"recId":null,"status":""}', badBody],
  ['{"recId":1.5,"status":""}', badBody],
  ['{"status":"ارسال موفق بود"}', badBody],
  ['{"recId":47072000000', badBody],
  ['<html></html>', badBody],
  ['', badBody],
])('an answer of the console: %s', async (body, outcome) => {
  expect(await answering.viaConsole(body).send(text)).toEqual(outcome);
  expect(await answering.viaConsole(body).send(template)).toEqual(outcome);
});

test('an answer of the console with a bad status', async () => {
  const id = '{"recId":4707200000000000161,"status":""}';
  expect(await answering.viaConsole(id, 500).send(text)).toMatchObject({ reason: 'http-5xx' });
  expect(await answering.viaConsole(id, 404).send(text)).toMatchObject({ reason: 'bad-body' });
  expect(await answering.viaConsole('{"amount":1}', 500).credit()).toBeNull();
  expect(await answering.viaConsole('{"resultsAsCode":[1]}').status(['1', '2'])).toBeNull();
  expect(await answering.viaConsole('{"results":["?"]}').status(['1'])).toBeNull();
});
