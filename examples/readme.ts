// The example of README.md, kept here so that the compiler checks it; a test compares the two.
//
//   npm start                      (in one terminal)
//   npx node examples/readme.ts    (in another, once `npm run quickstart` has built the client)
// begin
import { createInterface } from 'node:readline/promises';
import { createChaparClient } from '@chapar/client';

const terminal = createInterface(process.stdin, process.stdout);
const client = createChaparClient({ url: 'http://127.0.0.1:4000' });

const { challengeId } = await client.otp.request.mutate({ phone: '09121234567' });
const code = await terminal.question('Code from the SMS: ');
const { user } = await client.otp.verify.mutate({ challengeId, code }); // tokens are kept for you

client.stream.onEvent.subscribe(undefined, {
  onData: ({ data: event }) => console.log(event), // messages, friend requests, … in order, once
});
await client.user.update.mutate({ firstName: user.firstName ?? 'Sara' }); // also an event
// end
