import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { hub, openLab, type Lab, type LabOptions } from './harness/lab.ts';
import { describeRun, loadNow, writeSection } from './report.ts';
import type { Outcome, Row } from './results/outcome.ts';
import { plotRows, plotTargets } from './results/svg.ts';
import { describeOutcome, targetTable } from './results/tables.ts';
import { measureBig } from './workloads/big.ts';
import { measureChannel } from './workloads/channel.ts';
import { measureFanOut } from './workloads/fan-out.ts';
import { measureIdle } from './workloads/idle.ts';
import { measureLatency } from './workloads/latency.ts';
import { measureList } from './workloads/list.ts';
import { measureLogin } from './workloads/login.ts';
import { measureMe } from './workloads/me.ts';
import { measureResume } from './workloads/resume.ts';
import { measureSend } from './workloads/send.ts';
import { measureStart } from './workloads/start.ts';

/** Every workload by its name, in the order of a whole run. */
const workloads: Record<string, (lab: Lab) => Promise<Outcome>> = {
  start: measureStart,
  me: measureMe,
  list: measureList,
  send: measureSend,
  latency: measureLatency,
  channel: measureChannel,
  'fan-out': measureFanOut,
  login: measureLogin,
  idle: measureIdle,
  resume: measureResume,
  big: measureBig,
};

export const workloadNames = Object.keys(workloads);

export interface SuiteOptions extends LabOptions {
  /** Null for all of them. */
  name: string | null;
  /** Whether the page of results and the plots are written. */
  isWritten: boolean;
}

const plots = fileURLToPath(new URL('../plots', import.meta.url));

/** The name of what a whole run writes about all workloads. */
const overview = 'overview';

/**
 * Runs one workload or all of them, on one PostgreSQL. One that fails does not keep the others from
 * being measured.
 *
 * @returns what to print
 * @throws AggregateError after everything else, with what failed
 */
export async function runSuite(options: SuiteOptions): Promise<string> {
  const loadBefore = loadNow();
  await using lab = await openLab(options);
  const names = options.name === null ? workloadNames : [options.name];
  const rows: Row[] = [];
  const sections: string[] = [];
  const failures: unknown[] = [];
  for (const name of names) {
    const started = performance.now();
    console.error(`${name} …`);
    try {
      const outcome = await workloads[name]?.(lab);
      if (outcome) {
        rows.push(...outcome.rows);
        sections.push(`## ${name}\n\n${describeOutcome(outcome)}`);
        if (options.isWritten) {
          await write(
            name,
            `${describe(lab, name, loadBefore)}\n\n${describeOutcome(outcome)}`,
            plotRows(name, outcome.rows),
          );
        }
      }
    } catch (error) {
      options.signal.throwIfAborted();
      console.error(`${name} failed:`, error);
      failures.push(error);
    }
    console.error(`${name}: ${Math.round((performance.now() - started) / 1_000)} s`);
  }
  if (options.isWritten && options.name === null) {
    const text = `${describe(lab, '', loadBefore)}\n\n${targetTable(rows)}`;
    await write(overview, text, plotTargets('Against the targets', rows));
  }
  const printed = [...sections, describe(lab, options.name ?? '', loadBefore), targetTable(rows)];
  if (failures.length > 0) {
    console.log(printed.join('\n\n'));
    throw new AggregateError(failures, `${failures.length} of ${names.length} workloads failed`);
  }
  return printed.join('\n\n');
}

function describe({ version, pins, options }: Lab, name: string, loadBefore: string): string {
  const quick = options.isQuick ? '\n- A quick run: its figures say little' : '';
  return `${describeRun(name, { postgres: version, loadBefore })}\n- Cores: ${pins.note}\n- Hub: ${hub}${quick}`;
}

async function write(name: string, text: string, plot: string): Promise<void> {
  await mkdir(plots, { recursive: true });
  await writeFile(path.join(plots, `${name}.svg`), plot);
  await writeSection(name, `${text}\n\n![${name}](plots/${name}.svg)`);
}
