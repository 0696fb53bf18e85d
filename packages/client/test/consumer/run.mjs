// Run by Node in the consumer's project.
import { appCodeOf, createChaparClient, newId } from '@chapar/client';

const client = createChaparClient({ url: 'http://localhost:1' });
if (!/^[0-9a-f-]{36}$/.test(newId()) || client.newId() <= newId().slice(0, 8))
  throw new Error('newId');
const error = await client.otp.request.mutate({ phone: '0912' }).catch((reason) => reason);
if (appCodeOf(error) !== null || !/fetch failed/.test(error.message)) throw error;
await client.close();
process.stdout.write('runs');
