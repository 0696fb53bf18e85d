export type { App } from './app.ts';
export type { Auth, Connection, SocketControl } from './call.ts';
export { defaultConfig } from './config.ts';
export { quietLogger } from './database/queue.ts';
export { createApp } from './create-app.ts';
export { migrate } from './database/migrations.ts';
export { openDatabase, type Database } from './database/orm.ts';
export type {
  ApiConfig,
  BreachList,
  CaptchaGateway,
  Clock,
  Deps,
  Log,
  Mail,
  MailGateway,
  MailOutcome,
  Random,
  Secrets,
  SmsAttempt,
  SmsClosed,
  SmsContent,
  SmsCost,
  SmsDraft,
  SmsFault,
  SmsGateway,
  SmsMessage,
  SmsOutcome,
  SmsProviderFacts,
  SmsReport,
  SmsResult,
  SmsStopped,
  SmsTry,
  SmsTrying,
} from './deps.ts';
export { isAppError } from './errors.ts';
export { ensureFirstAdmin } from './features/admin/index.ts';
export { receiveSmsReports, watchCredit } from './features/sms/index.ts';
export { findEndedSessions, verifyAccessToken } from './features/session/index.ts';
export { createTaskList } from './jobs.ts';
export { createIdSource } from './kernel/id.ts';
export { parsePhone } from './kernel/phone.ts';
export type { Budget, Limiter } from './limits/limiter.ts';
export { createMemoryLimiter } from './limits/memory-limiter.ts';
export { createPostgresLimiter } from './limits/postgres-limiter.ts';
export { createRedisLimiter } from './limits/redis-limiter.ts';
export type { Hub, HubListener, HubSignal } from './realtime/hub.ts';
export type { LiveEvent } from './realtime/live-event.ts';
export { createMemoryHub } from './realtime/memory-hub.ts';
export { createPostgresHub } from './realtime/postgres-hub.ts';
export { createRedisHub } from './realtime/redis-hub.ts';
export type { Delivery } from './realtime/delivery.ts';
export { readLiveEvent } from './realtime/live-event.ts';
export type { Sink } from './realtime/reader.ts';
export { preparePartitions, renewalPrefix, type Renewal } from './features/stream/index.ts';
export { toWire } from './wire.ts';
export { isServiceKey, verifyServiceKey } from './service-key.ts';
export { smsTemplates, type SmsTemplate } from './sms-templates.ts';
export { sweep } from './sweep.ts';
export { appRouter, limitNames, procedureList } from './router.ts';
export { resultToWire } from './wire-output.ts';
