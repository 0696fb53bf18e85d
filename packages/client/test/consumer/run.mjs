// Run by Node in the consumer's project.
import { appCodeOf, createChaparClient, newId } from '@chapar/client';
import { applyChatEvent, emptyChatState } from '@chapar/client/chat';

const client = createChaparClient({ url: 'http://localhost:1' });
if (!/^[0-9a-f-]{36}$/.test(newId()) || client.newId() <= newId().slice(0, 8))
  throw new Error('newId');
const error = await client.otp.request.mutate({ phone: '0912' }).catch((reason) => reason);
if (appCodeOf(error) !== null || !/fetch failed/.test(error.message)) throw error;
if (applyChatEvent(emptyChatState('me'), { type: 'stream.reset' }).userId !== 'me')
  throw new Error('chat');
await client.close();
process.stdout.write('runs');
