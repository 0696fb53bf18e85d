import { readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

const page = fileURLToPath(new URL('../RESULTS.md', import.meta.url));

/** The load of the machine in the last minute. */
export function loadNow(): string {
  return loadavg()[0]?.toFixed(2) ?? '';
}

/**
 * Where and when something was measured; asked at its end.
 *
 * @param loadBefore what `loadNow` said at its beginning
 */
export function describeRun(
  name: string,
  { postgres, loadBefore }: { postgres: string; loadBefore: string },
): string {
  const all = cpus();
  const [cpu] = all;
  const gib = Math.round(totalmem() / 1024 ** 3);
  const facts = {
    Date: new Date().toISOString().slice(0, 10),
    Machine: `${all.length} × ${cpu?.model.trim() ?? 'unknown'}, ${gib} GiB`,
    Load: `${loadBefore} before, ${loadNow()} after`,
    Node: process.version,
    PostgreSQL: postgres,
    Command: `\`${name === '' ? 'npm run bench -- --write' : `npm run bench -- ${name} --write`}\``,
  };
  return Object.entries(facts)
    .map(([fact, value]) => `- ${fact}: ${value}`)
    .join('\n');
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Puts a benchmark's section in the place of its last one; the others stay. */
export async function writeSection(name: string, text: string): Promise<void> {
  const before = await readFile(page, 'utf8');
  const [head = '', ...sections] = before.split(/^(?=## )/m);
  const others = sections.filter((section) => !section.startsWith(`## ${name}\n`));
  const all = [...others, `## ${name}\n\n${text}`].toSorted();
  const parts = [head, ...all].map((part) => part.trim());
  await writeFile(page, `${parts.join('\n\n')}\n`);
}
