import type { SmsCost, SmsReport, SmsResult } from '@chapar/api';
import type { RouteResult } from '@chapar/sms';

/** Ids are indexed, and PostgreSQL indexes no text of more than 2.7 KB; these have 800 bytes. */
const idForm = /^(?: |[^\p{C}\p{Z}]){1,200}$/u;
const codeForm = /^(?: |[^\p{C}\p{Z}]){1,100}$/u;
const amountForm = /^(?=.{1,40}$)-?[0-9]+(?:\.[0-9]+)?$/;
const mostParts = 1_000;

/**
 * How a sending ended, as far as it can be kept: PostgreSQL holds neither NUL nor halves of
 * surrogate pairs, and providers may answer anything. Ids of 1 to 200 printable characters, codes of
 * 1 to 100, numbers of 1 to 1,000 parts; what does not fit is left out. The rest is in our words.
 */
export function fitResult({ outcome, provider, attempts }: RouteResult): SmsResult {
  if (outcome.outcome === 'rejected') {
    const providerCode = textIn(codeForm, outcome.providerCode);
    return { outcome: { ...outcome, providerCode }, provider, attempts };
  }
  if (outcome.outcome === 'unknown') {
    return { outcome, provider, attempts };
  }
  const { parts, cost, providerMessageId, ...rest } = outcome;
  const fitting = fitCost(cost ?? null);
  const arePartsFit = parts !== undefined && Number.isInteger(parts) && parts > 0;
  return {
    outcome: {
      ...rest,
      providerMessageId: textIn(idForm, providerMessageId),
      ...(arePartsFit && parts <= mostParts && { parts }),
      ...(fitting && { cost: fitting }),
    },
    provider,
    attempts,
  };
}

/** Reports that are about a message that can be known here. */
export function fitReports(reports: readonly SmsReport[]): SmsReport[] {
  return reports
    .filter(({ providerMessageId }) => idForm.test(providerMessageId))
    .map((report) => ({ ...report, providerCode: textIn(codeForm, report.providerCode) }));
}

/** A cost or a credit; null unless its amount is a decimal number of at most 40 characters. */
export function fitCost(cost: SmsCost | null): SmsCost | null {
  return cost && amountForm.test(cost.amount) ? cost : null;
}

function textIn(form: RegExp, text: string | null): string | null {
  return text !== null && form.test(text) ? text : null;
}
