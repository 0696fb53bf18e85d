export { Breaker, type BreakerOptions, type OpenCircuit } from './breaker.ts';
export type { Timeouts } from './http.ts';
export { maskMobile, normalizeMobile, toNational, type MobileOptions } from './mobile.ts';
export {
  finalStates,
  type Accepted,
  type Cost,
  type Credit,
  type DeliveryReport,
  type DeliveryState,
  type Rejected,
  type RejectionScope,
  type SendOutcome,
  type SmsErrorKind,
  type Unknown,
} from './outcome.ts';
export { countParts, type TextParts } from './parts.ts';
export type { RoutedMessage } from './prepare.ts';
export type {
  Capabilities,
  FindOutcome,
  InboundMessage,
  LostMessage,
  ProviderMessage,
  SmsProvider,
  TemplateMessage,
  TemplateValue,
  TextMessage,
} from './provider.ts';
export { createConsole, type ConsoleOptions } from './providers/console.ts';
export { createFarazSms, type FarazSmsOptions } from './providers/faraz-sms.ts';
export { createGhasedak, type GhasedakOptions } from './providers/ghasedak.ts';
export type { IpPanelOptions } from './providers/ippanel.client.ts';
export { createIpPanel } from './providers/ippanel.ts';
export {
  readKavenegarDelivery,
  readKavenegarInbound,
  type KavenegarPush,
} from './providers/kavenegar.callbacks.ts';
export { createKavenegarClient, type KavenegarClient } from './providers/kavenegar.client.ts';
export { createKavenegar, type KavenegarOptions } from './providers/kavenegar.ts';
export {
  createMeliPayamak,
  createMeliPayamakConsole,
  readMeliPayamakInbound,
  type MeliPayamakConsoleOptions,
  type MeliPayamakOptions,
} from './providers/meli-payamak.ts';
export {
  createParsianWebCo,
  type ParsianWebCoFields,
  type ParsianWebCoOptions,
} from './providers/parsian-webco.ts';
export { SmsIrClient, type SmsIrOptions } from './providers/sms-ir.client.ts';
export { createSmsIr } from './providers/sms-ir.ts';
export { readTwilioDelivery, type TwilioPush } from './providers/twilio.callbacks.ts';
export { createTwilio, type TwilioOptions } from './providers/twilio.ts';
export type {
  Attempt,
  RouteResult,
  RouterAlert,
  RouterOptions,
  SendOptions,
  Stopped,
  Try,
} from './route.ts';
export { SmsRouter } from './router.ts';
export {
  TemplateBook,
  TemplateError,
  type ProviderTemplate,
  type SmsLanguage,
  type TemplateBookOptions,
  type TemplateSpec,
} from './templates.ts';
