import { describe, expect, test } from 'vitest';
import { hours, open, other, recipients, to } from './kavenegar.messages.ts';

describe('a text for many', () => {
  test('is one call, with an outcome for each', async () => {
    await using it = await open();
    const broadcast = { recipients, text: 'سلام دنیا', sender: '10008000' };
    const outcomes = await it.client.send(broadcast);
    const cost = { amount: '1450', unit: 'IRR' };
    expect(outcomes).toEqual([
      { outcome: 'accepted', providerMessageId: '912345671', cost },
      { outcome: 'accepted', providerMessageId: '912345672', cost },
    ]);
    expect(it.fake.requests[0]).toMatchObject({
      method: 'POST',
      url: '/v1/KVTESTKEY0001/sms/send.json',
      body: 'receptor=09121110001%2C09351110002&sender=10008000&message=%D8%B3%D9%84%D8%A7%D9%85+%D8%AF%D9%86%DB%8C%D8%A7&localid=70000001%2C70000002',
    });
    expect(it.fake.credit).toBe(1_500_000 - 2 * 1_450);
    expect(await it.client.send(broadcast)).toEqual(outcomes);
    expect(it.fake.credit).toBe(1_500_000 - 2 * 1_450);
    expect(it.fake.log).toHaveLength(2);
  });

  test('says the rest where it is asked to', async () => {
    await using it = await open({ tags: ['sale'] });
    const at = hours(it.clock, 1);
    const extras = { at, isHidden: true, tag: 'sale', policy: 'night' };
    await it.client.send({ recipients, text: 'x', display: 0, ...extras });
    const seconds = Math.floor(at.getTime() / 1_000);
    expect(it.fake.requests[0]?.body).toBe(
      `receptor=09121110001%2C09351110002&message=x&type=0&localid=70000001%2C70000002&date=${seconds}&hide=1&tag=sale&policy=night`,
    );
  });

  test('for more than 200 takes several calls, of which each ends for itself', async () => {
    await using it = await open({ credit: 401 * 1_450 });
    const many = Array.from({ length: 450 }, (_, index) => ({
      to: `+98912111${String(1_000 + index)}`,
      ref: String(80_000_000 + index),
    }));
    const outcomes = await it.client.send({ recipients: many, text: 'سلام' });
    const counts = it.fake.requests.map(({ form }) => form.get('receptor')?.split(',').length);
    expect(counts).toEqual([200, 200, 50]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      ...Array.from({ length: 400 }, () => 'accepted'),
      ...Array.from({ length: 50 }, () => 'rejected'),
    ]);
    expect(it.fake.log.map(({ ref }) => ref)).toEqual(many.slice(0, 400).map(({ ref }) => ref));
  });

  test('is not sent without numbers of ours that they can take', async () => {
    await using it = await open();
    for (const ref of ['', 'a1', '1,2', '1'.repeat(19)]) {
      const outcomes = await it.client.send({ recipients: [{ to, ref }], text: 'x' });
      expect(outcomes).toMatchObject([{ outcome: 'rejected', error: 'bad-request' }]);
    }
    expect(it.fake.requests).toHaveLength(0);
  });

  test('that is empty is told from one that is too long', async () => {
    await using it = await open();
    const send = (text: string) => it.client.send({ recipients: recipients.slice(1), text });
    expect(await send('')).toMatchObject([{ providerCode: '413', error: 'empty-message' }]);
    expect(await send('س'.repeat(901))).toMatchObject([{ providerCode: '413', error: 'too-long' }]);
  });
});

describe('many texts', () => {
  test('are one call with lists of JSON', async () => {
    await using it = await open();
    const outcomes = await it.client.sendArray([
      { to, ref: '70000011', text: 'پیام یک', sender: '10008000' },
      { to: other, ref: '70000012', text: 'پیام دو', sender: '10008000' },
    ]);
    expect(it.fake.requests[0]).toMatchObject({
      method: 'POST',
      url: '/v1/KVTESTKEY0001/sms/sendarray.json',
      body: 'receptor=%5B%2209121110001%22%2C%2209351110002%22%5D&sender=%5B%2210008000%22%2C%2210008000%22%5D&message=%5B%22%D9%BE%DB%8C%D8%A7%D9%85+%DB%8C%DA%A9%22%2C%22%D9%BE%DB%8C%D8%A7%D9%85+%D8%AF%D9%88%22%5D&localmessageids=%5B70000011%2C70000012%5D',
    });
    expect(outcomes).toMatchObject([
      { outcome: 'accepted', providerMessageId: '912345671' },
      { outcome: 'accepted', providerMessageId: '912345672' },
    ]);
    expect(it.fake.log.map(({ text, ref }) => [text, ref])).toEqual([
      ['پیام یک', '70000011'],
      ['پیام دو', '70000012'],
    ]);
  });

  test('are not sent again with numbers that were sent, whatever else is in the call', async () => {
    await using it = await open();
    const texts = ['9007199254740993', '9007199254740992', '9007199254740993'].map((ref) => ({
      to,
      ref,
      text: 'x',
      sender: '10008000',
    }));
    const first = await it.client.sendArray(texts.slice(0, 1));
    const outcomes = await it.client.sendArray(texts);
    expect(outcomes[0]).toEqual(first[0]);
    expect(outcomes[2]).toEqual(first[0]);
    expect(outcomes[1]).toMatchObject({ providerMessageId: '912345672' });
    expect(it.fake.log.map(({ ref }) => ref)).toEqual(['9007199254740993', '9007199254740992']);
  });
});

describe('a template', () => {
  test('takes slots in the documented order, and numbers of other countries', async () => {
    const variables = ['token', 'token3', 'token20'];
    await using it = await open({ templates: [{ name: 'order', variables }], entries: 'object' });
    const tokens = { token20: 'سارا کریمی', token3: 'c', token: 'a' };
    const outcome = await it.client.lookup({ to: '+971501234567', template: 'order', tokens });
    expect(outcome).toEqual({
      outcome: 'accepted',
      providerMessageId: '912345671',
      cost: { amount: '1900', unit: 'IRR' },
    });
    expect(it.fake.requests[0]?.body).toBe(
      'receptor=00971501234567&token=a&token3=c&token20=%D8%B3%D8%A7%D8%B1%D8%A7+%DA%A9%D8%B1%DB%8C%D9%85%DB%8C&template=order&type=sms',
    );
    expect(it.fake.log[0]?.values).toEqual(['a', 'c', 'سارا کریمی']);
  });

  test('can be a call', async () => {
    await using it = await open();
    const say = (token: string) =>
      it.client.lookup({ to, template: 'login-otp', tokens: { token }, type: 'call' });
    expect(await say('48213')).toMatchObject({ outcome: 'accepted' });
    expect(await say('abc')).toMatchObject({ providerCode: '428', error: 'template-args' });
  });
});
