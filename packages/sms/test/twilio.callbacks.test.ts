import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isTwilioSignature,
  readTwilioDelivery,
  type TwilioPush,
} from '../src/providers/twilio.callbacks.ts';
import { authToken, from, sidOf, to } from './twilio.messages.ts';

const sid = sidOf(7);
const url = 'https://example.com/sms/states?tenant=1';
const params = {
  MessageStatus: 'delivered',
  MessageSid: sid,
  AccountSid: 'AC1',
  From: from,
  To: to,
};
const report = { providerMessageId: sid, state: 'delivered', providerCode: 'delivered' };

/** Signs what is written out by hand in each test. */
function sign(written: string, token = authToken): string {
  return createHmac('sha1', token).update(written, 'utf8').digest('base64');
}

const written = `${url}AccountSidAC1From${from}MessageSid${sid}MessageStatusdeliveredTo${to}`;
const signature = sign(written);

function read(push: Partial<TwilioPush>, token = authToken) {
  return readTwilioDelivery({ url, signature, params, ...push }, token);
}

describe('a pushed state', () => {
  test.each<[string, Partial<TwilioPush>]>([
    ['an object', {}],
    ['parameters', { params: new URLSearchParams(params) }],
    ['lists', { params: { ...params, To: [to] } }],
    ['an address with the usual port', { url: url.replace('.com', '.com:443') }],
    [
      'one that was signed with the usual port',
      { signature: sign(written.replace('.com', '.com:443')) },
    ],
  ])('is read from %s', (_, push) => {
    expect(read(push)).toEqual(report);
  });

  test('is read where another port, a password and no path were signed', () => {
    const other = 'http://me:secret@example.com:8080';
    const rest = written.slice(url.length);
    expect(read({ url: other, signature: sign(`${other}${rest}`) })).toEqual(report);
    const bare = 'http://me:secret@example.com';
    expect(read({ url: other, signature: sign(`${bare}${rest}`) })).toEqual(report);
  });

  test('says why a message was not delivered', () => {
    const failed = { MessageSid: sid, MessageStatus: 'undelivered', ErrorCode: '30007' };
    const signed = sign(`${url}ErrorCode30007MessageSid${sid}MessageStatusundelivered`);
    expect(read({ params: failed, signature: signed })).toEqual({
      providerMessageId: sid,
      state: 'filtered',
      providerCode: '30007',
      error: 'content-rejected',
    });
  });

  test('counts each value of a name once, in order, and names with capitals first', () => {
    const many = new URLSearchParams({ MessageSid: sid, MessageStatus: 'sent', a: '2', B: '' });
    many.append('a', '1');
    many.append('a', '2');
    const signed = sign(`${url}BMessageSid${sid}MessageStatussenta1a2`);
    expect(read({ params: many, signature: signed })).toMatchObject({ state: 'sent-to-carrier' });
  });
});

describe('a push is not believed', () => {
  test.each<[string, Partial<TwilioPush>]>([
    ['without a signature', { signature: undefined }],
    ['with an empty one', { signature: '' }],
    ['with a part of it', { signature: signature.slice(0, -1) }],
    ['with more than it', { signature: `${signature}=` }],
    ['with one of another token', { signature: sign(written, 'test-token-0002') }],
    ['with one of another length in bytes', { signature: `é${signature.slice(1)}` }],
    ['for another state', { params: { ...params, MessageStatus: 'failed' } }],
    ['for another message', { params: { ...params, MessageSid: sidOf(8) } }],
    ['with one more parameter', { params: { ...params, More: '1' } }],
    ['without one', { params: { MessageSid: sid, MessageStatus: 'delivered' } }],
    ['at another address', { url: `${url}&more=1` }],
    ['at the same address over HTTP', { url: url.replace('https', 'http') }],
    ['at another host', { url: url.replace('.com', '.org') }],
    [
      'at another port than the signed one',
      {
        url: url.replace('.com', '.com:8444'),
        signature: sign(written.replace('.com', '.com:8443')),
      },
    ],
    ['with a name inside of a name', { params: { ...params, More: { inner: '1' } } }],
    ['with a number', { params: { ...params, More: [1] } }],
  ])('%s', (_, push) => {
    expect(read(push)).toBeNull();
  });

  test('with the token of somebody else, or with none at all', () => {
    expect(read({}, 'test-token-0002')).toBeNull();
    expect(read({ signature: sign(written, '') }, '')).toBeNull();
  });

  test.each<[string, Record<string, string>]>([
    ['no message', { MessageStatus: 'sent' }],
    ['no id', { MessageSid: to, MessageStatus: 'sent' }],
    ['no state', { MessageSid: sid }],
    ['no state in one word', { MessageSid: sid, MessageStatus: `sent to ${to}` }],
  ])('that is signed and tells %s', (_, wrong) => {
    const names = Object.keys(wrong).toSorted();
    const signed = sign(`${url}${names.map((name) => `${name}${wrong[name] ?? ''}`).join('')}`);
    expect(read({ params: wrong, signature: signed })).toBeNull();
  });

  test('whatever comes, and nothing throws', () => {
    const any = fc.dictionary(fc.string(), fc.anything());
    fc.assert(
      fc.property(fc.string(), fc.string(), any, (address, given, form) => {
        expect(read({ url: address, signature: given, params: form })).toBeNull();
      }),
    );
  });
});

/**
 * The example in the provider's documentation and in the tests of its libraries. It is of a call on
 * the telephone, so its form tells no state; with the parameters of one it would be signed otherwise.
 */
test('signs as the published example does', () => {
  const example = {
    CallSid: 'CA1234567890ABCDE',
    Caller: '+14158675309',
    Digits: '1234',
    From: '+14158675309',
    To: '+18005551212',
  };
  const address = 'https://mycompany.com/myapp.php?foo=1&bar=2';
  const published = 'RSOYDt4T1cUTdK1PDd93/VVr8B8=';
  const pairs = Object.entries(example).map(([name, value]) => `${name}${value}`);
  expect(sign(`${address}${pairs.join('')}`, '12345')).toBe(published);
  expect(isTwilioSignature({ url: address, signature: published, params: example }, '12345')).toBe(
    true,
  );
  const changed = { ...example, Digits: '9999' };
  expect(isTwilioSignature({ url: address, signature: published, params: changed }, '12345')).toBe(
    false,
  );
});
