import { stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Plan } from './judge.ts';

const quietMs = 150;
const looks = 100;

/** Waits until nothing more is written to a log. */
export async function untilQuiet(file: string): Promise<void> {
  let { size } = await stat(file);
  for (let i = 0; i < looks; i += 1) {
    await wait(quietMs);
    const now = (await stat(file)).size;
    if (now === size) {
      return;
    }
    size = now;
  }
}

const entryStart = /^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[[^\]]+\] (?=[A-Z]+: )/m;
const execution = /^LOG: {2}execute (\S+?): ([\s\S]*)$/;
const plan = /^LOG: {2}duration: [\d.]+ ms {2}plan:\n([\s\S]*)$/;

/**
 * The plans that `auto_explain` has written.
 *
 * @param names of prepared statements by their text; grows with what is read
 */
export function readPlans(log: string, names: Map<string, string>): { plan: Plan; name: string }[] {
  const entries = log
    .split(entryStart)
    // Lines after the first one of an entry begin with a tab.
    .map((entry) => entry.replaceAll('\n\t', '\n').trim());
  for (const entry of entries) {
    const [, name, text] = execution.exec(entry) ?? [];
    if (name !== undefined && text !== undefined && name !== '<unnamed>') {
      names.set(squeeze(text), name);
    }
  }
  return entries.flatMap((entry) => {
    const json = plan.exec(entry)?.[1];
    if (json === undefined) {
      return [];
    }
    const read = JSON.parse(json) as Plan;
    const text = squeeze(read['Query Text']);
    return [{ plan: read, name: names.get(text) ?? `\`${text.slice(0, longestName)}\`` }];
  });
}

const longestName = 70;

function squeeze(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
