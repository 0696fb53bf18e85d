// Two people log in by phone code, become friends and chat live. Halfway through a burst of 200
// messages Reza's connection is cut; nothing is lost and nothing comes twice.
//
//   npm start              (in one terminal)
//   npm run quickstart     (in another)
import { setTimeout as sleep } from 'node:timers/promises';
import { createChaparClient, newId, type MessageView } from '@chapar/client';

const url = process.env['CHAPAR_URL'] ?? 'http://127.0.0.1:4000';

/** Logs in as an app does. A person reads the code from the SMS; we read it from `/dev/sms`. */
async function logIn(phone: string) {
  const client = createChaparClient({ url, WebSocket: CuttableSocket });
  const { challengeId } = await client.otp.request.mutate({ phone });
  const { user } = await client.otp.verify.mutate({ challengeId, code: await readCode(phone) });
  return { client, user };
}

async function readCode(phone: string): Promise<string> {
  for (;;) {
    const inbox = await fetch(`${url}/dev/sms?phone=${encodeURIComponent(phone)}`);
    const [newest] = (await inbox.json()) as { text: string }[];
    const code = newest?.text.match(/\d{6}/)?.[0];
    if (code) return code;
    await sleep(50);
  }
}

/** A WebSocket whose connection this example can cut, as a tunnel or a lift does. */
class CuttableSocket extends WebSocket {
  static last: CuttableSocket | undefined;

  constructor(address: string | URL) {
    super(address);
    CuttableSocket.last = this;
  }
}

const randomPhone = () => `+98912${String(Math.floor(Math.random() * 1e7)).padStart(7, '0')}`;
const sara = await logIn(randomPhone());
const reza = await logIn(randomPhone());
await sara.client.user.update.mutate({ firstName: 'Sara' });

const request = await sara.client.friend.request.mutate({ userId: reza.user.id });
await reza.client.friend.accept.mutate({ requestId: request.id });
const { id: conversationId } = await sara.client.chat.start.mutate({ userId: reza.user.id });

// One subscription carries everything live. The client reconnects and resumes by itself.
const received: MessageView[] = [];
const { promise: ready, resolve: isReady } = Promise.withResolvers<true>();
const { promise: done, resolve: isDone } = Promise.withResolvers<true>();
reza.client.stream.onEvent.subscribe(undefined, {
  onData({ data: event }) {
    if (event.type === 'stream.ready') isReady(true);
    if (event.type !== 'chat.message') return;
    received.push(event.body);
    if (received.length === 201) isDone(true);
  },
});
await ready;

// The client makes the message id: sending it again is the same message again.
const send = (text: string) => sara.client.chat.send.mutate({ conversationId, id: newId(), text });
for (let number = 1; number <= 200; number += 1) {
  await send(`message ${number}`);
  if (number === 100) CuttableSocket.last?.close();
}
await reza.client.chat.send.mutate({ conversationId, id: newId(), text: 'got them all' });
await done;

const seqs = received.map((message) => message.seq);
if (seqs.some((seq, index) => seq !== index + 1))
  throw new Error(`lost or doubled: ${seqs.join()}`);
console.log(`Reza received ${seqs.length} messages, in order, each once.`);
await Promise.all([sara.client.close(), reza.client.close()]);
