// Run by Node in the consumer's project.
import { createKavenegar } from '@chapar/sms';
import { FakeKavenegar } from '@chapar/sms/testing';

const fake = await new FakeKavenegar().start();
const provider = createKavenegar({ apiKey: 'any', url: fake.url });
const { outcome } = await provider.send({
  kind: 'text',
  to: '+989121110001',
  ref: '1',
  text: 'سلام',
});
process.stdout.write(`${outcome}: ${fake.log.map(({ text }) => text).join()}`);
await fake.stop();
