export { moneyBudgets, spendSms } from './sms.budget.ts';
export { pollSms, receiveSmsReports } from './sms.delivery.ts';
export { queueSms } from './sms.outbox.ts';
export { sendSms } from './sms.send.ts';
export { cancelSms, forgetOldSms, forgetSms, reviveStuckSms } from './sms.service.ts';
export { watchCredit } from './sms.watch.ts';
