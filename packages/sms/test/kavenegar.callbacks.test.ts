import { describe, expect, test } from 'vitest';
import {
  readKavenegarDelivery,
  readKavenegarInbound,
  type KavenegarPush,
} from '../src/providers/kavenegar.callbacks.ts';

const delivered = { providerMessageId: '912345671', state: 'delivered', providerCode: '10' };
const arrived = {
  providerMessageId: '700100',
  from: '+989121110001',
  line: '10008000',
  text: 'لغو11',
  receivedAt: null,
};

describe('a pushed state', () => {
  test.each<[string, KavenegarPush]>([
    ['a query', '?messageid=912345671&status=10&k=secret'],
    ['a form', 'messageid=912345671&status=10&statustext=%D8%B1%D8%B3%DB%8C%D8%AF%D9%87'],
    ['a body of JSON', '{"messageid":912345671,"status":10,"receptor":"09121110001","cost":1450}'],
    ['capital letters', 'MessageId=912345671&STATUS=10'],
    ['parameters that were read', new URLSearchParams({ messageid: '912345671', status: '10' })],
    ['an object', { messageId: 912_345_671, status: '10' }],
    ['an object with lists', { messageid: ['912345671', '1'], status: ['10'] }],
    ['a name that comes twice', 'messageid=912345671&messageid=2&status=10&Status=11'],
  ])('is read from %s', (_, push) => {
    expect(readKavenegarDelivery(push)).toEqual(delivered);
    expect(readKavenegarInbound(push)).toBeNull();
  });

  test('keeps long ids, and codes that nobody lists', () => {
    expect(readKavenegarDelivery('{"messageid":9007199254740993001,"status":77}')).toEqual({
      providerMessageId: '9007199254740993001',
      state: 'unknown',
      providerCode: '77',
    });
  });
});

describe('a pushed text', () => {
  test.each<[string, KavenegarPush]>([
    ['a query', '?messageid=700100&from=09121110001&to=10008000&message=%D9%84%D8%BA%D9%8811'],
    ['other names', 'MessageID=700100&Sender=09121110001&Receptor=10008000&Text=لغو11'],
    [
      'JSON',
      '{"messageid":700100,"from":"09121110001","to":10008000,"message":"لغو11","text":"other"}',
    ],
  ])('is read from %s', (_, push) => {
    expect(readKavenegarInbound(push)).toEqual(arrived);
    expect(readKavenegarDelivery(push)).toBeNull();
  });

  test('may be empty, without an id, and with a time', () => {
    const push = { from: '09121110001', to: '10008000', message: '', date: 1_767_225_700 };
    expect(readKavenegarInbound(push)).toEqual({
      ...arrived,
      providerMessageId: null,
      text: '',
      receivedAt: new Date(1_767_225_700_000),
    });
  });
});

test.each<[string, KavenegarPush]>([
  ['nothing', ''],
  ['an empty object', {}],
  ['a list', '[{"messageid":1,"status":10}]'],
  ['broken JSON', '{"messageid":1,"status":10'],
  ['no id', 'status=10'],
  ['a list of ids', 'messageid=1,2&status=10'],
  ['an id that is no number', 'messageid=abc&status=10'],
  ['an id of zero', 'messageid=0&status=10'],
  ['no state', 'messageid=1'],
  ['a state in words', 'messageid=1&status=delivered'],
  ['a state that is an object', { messageid: '1', status: { code: 10 } }],
  ['a text from nobody', 'to=10008000&message=x'],
  ['a text to nowhere', 'from=09121110001&message=x'],
  ['a text without words', 'from=09121110001&to=10008000'],
])('%s is neither', (_, push) => {
  expect(readKavenegarDelivery(push)).toBeNull();
  expect(readKavenegarInbound(push)).toBeNull();
});
