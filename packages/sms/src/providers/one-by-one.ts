import type { DeliveryReport } from '../outcome.ts';

/**
 * States where a provider tells one message at a time. It ends at the first question without an
 * answer, with what there is; null when that is nothing.
 */
export async function oneByOne(
  ids: readonly string[],
  ask: (id: string) => Promise<DeliveryReport | null>,
): Promise<DeliveryReport[] | null> {
  const reports: DeliveryReport[] = [];
  for (const id of ids) {
    const report = await ask(id);
    if (report === null) {
      return reports.length === 0 ? null : reports;
    }
    reports.push(report);
  }
  return reports;
}
