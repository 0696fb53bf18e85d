export { FakeClock } from './fake-clock.ts';
export { FakeFarazSms, type FakeFarazSmsOptions } from './fake-faraz-sms.ts';
export { FakeGhasedak, type FakeGhasedakOptions } from './fake-ghasedak.ts';
export type { FakeReply, FakeRequest } from './fake-http.ts';
export { FakeIpPanel } from './fake-ippanel.ts';
export { FakeKavenegar, type FakeKavenegarOptions } from './fake-kavenegar.ts';
export { FakeMeliPayamak, type FakeMeliPayamakOptions } from './fake-meli-payamak.ts';
export { FakeParsianWebCo, type FakeParsianWebCoOptions } from './fake-parsian-webco.ts';
export {
  FakeProvider,
  faultyRecipients,
  refusedKeys,
  type FakeOptions,
  type FakeTemplate,
  type StoredMessage,
} from './fake-provider.ts';
export { FakeSmsIr } from './fake-sms-ir.ts';
export { FakeTwilio, type FakeTwilioOptions } from './fake-twilio.ts';
