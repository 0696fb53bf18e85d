import type { ProviderCase } from './case.ts';
import { farazSmsCase } from './faraz-sms.case.ts';
import { ghasedakCase } from './ghasedak.case.ts';
import { ipPanelCase } from './ippanel.case.ts';
import { kavenegarCase } from './kavenegar.case.ts';
import { meliPayamakCase } from './meli-payamak.case.ts';
import { parsianWebCoCase } from './parsian-webco.case.ts';
import { smsIrCase } from './sms-ir.case.ts';
import { twilioCase, twilioWhatsAppCase } from './twilio.case.ts';

/** Every provider that the contract is for. */
export const cases: readonly ProviderCase[] = [
  kavenegarCase,
  meliPayamakCase,
  ghasedakCase,
  parsianWebCoCase,
  farazSmsCase,
  ipPanelCase,
  smsIrCase,
  twilioCase,
  twilioWhatsAppCase,
];
