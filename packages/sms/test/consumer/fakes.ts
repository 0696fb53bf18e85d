// A test that has nothing but the published package. Compiled, never run.
import { createKavenegar, type SendOutcome } from '@chapar/sms';
import {
  FakeClock,
  FakeKavenegar,
  FakeProvider,
  faultyRecipients,
  type FakeReply,
  type FakeRequest,
  type StoredMessage,
} from '@chapar/sms/testing';

/** A fake of the app's own. */
export class OwnFake extends FakeProvider {
  protected override route(request: FakeRequest): FakeReply {
    return { status: 200, body: request.form.get('text') ?? '' };
  }

  protected override throttled(): FakeReply {
    return { status: 429, body: '' };
  }
}

export async function sendOne(): Promise<[SendOutcome, StoredMessage | undefined]> {
  const clock = new FakeClock();
  await using fake = await new FakeKavenegar({ clock }).start();
  const provider = createKavenegar({ apiKey: 'any', url: fake.url });
  const to = `+98912111${faultyRecipients.undelivered}`;
  const outcome = await provider.send({ kind: 'text', to, ref: '1', text: 'hello' });
  clock.advance(1000);
  // @ts-expect-error a message is kept as it was taken
  void fake.log[0]?.outcome;
  return [outcome, fake.log[0]];
}
