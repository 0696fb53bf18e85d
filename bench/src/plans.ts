import { mkdtemp, chmod, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@chapar/embedded-postgres';
import pg from 'pg';
import { Caller } from './caller.ts';
import { signUp } from './data/prototypes.ts';
import { startProcess } from './harness/process.ts';
import type { PlanCall } from './plans/call.ts';
import { fillWithDemo } from './plans/demo.ts';
import { judgePlan, type Plan } from './plans/judge.ts';
import { readPlans, untilQuiet } from './plans/log.ts';
import { findPlaces } from './plans/places.ts';
import { planCalls } from './plans/session.ts';
import { describeRun, loadNow, table } from './report.ts';

const main = fileURLToPath(new URL('../../apps/server/src/main.mjs', import.meta.url));

/** What every new connection to the database does: it writes the plan of each statement as it was run. */
const settings = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
  'auto_explain.log_format': 'json',
  'auto_explain.log_parameter_max_length': '0',
  log_statement: 'all',
};

/** What is asked for on the command line beside the name. */
export interface PlanOptions {
  isQuick: boolean;
  signal: AbortSignal;
}

/**
 * Plays a small session on a database of `npm run db:demo`, and looks at the plan of every statement that the
 * server has run for it, with the server's own settings and connections.
 *
 * @returns the section for the page of results
 * @throws Error with the plans that read a whole table of chat, or more rows than they should
 */
export async function checkPlans({ isQuick, signal }: PlanOptions): Promise<string> {
  const loadBefore = loadNow();
  await using undo = new AsyncDisposableStack();
  const postgres = await openPostgres(undo, isQuick, signal);
  const db = new pg.Client(postgres.url);
  await db.connect();
  undo.defer(() => db.end());
  for (const [name, value] of Object.entries(settings)) {
    await db.query(`alter database chapar set ${name} = '${value}'`);
  }
  undo.defer(async () => {
    for (const name of Object.keys(settings)) {
      await db.query(`alter database chapar reset ${name}`);
    }
  });
  const folder = await makeFolder(undo);
  const server = undo.use(
    await startProcess([process.execPath, [main]], {
      DATABASE_URL: postgres.url,
      DATA_DIR: folder,
      PORT: '0',
      SMS_COUNTRIES: 'IR,US',
      OTP_RESEND_SECONDS: '1',
      OTP_SENDS_PER_10_MINUTES: '100',
      OTP_SENDS_PER_DAY: '1000',
      CHAT_SENDS_PER_PERSON: '999999/999999',
      CHAT_SENDS_PER_CONVERSATION: '999999/999999',
      CHAT_NEW_ACCOUNT_HOURS: '0',
      // A statement that is watched takes longer.
      CHAT_SEARCH_MS: '10000',
    }),
  );
  const places = await findPlaces(db);
  const caller = new Caller(server.url);
  undo.defer(() => caller.close());
  const { token } = await signUp(caller, places.phone);
  const log = `${postgres.directory}.log`;
  const names = new Map<string, string>();
  const lines: string[][] = [];
  const faults: string[] = [];
  for (const call of planCalls(places)) {
    signal.throwIfAborted();
    await untilQuiet(log);
    const { size } = await stat(log);
    const items = await call.make({ url: server.url, token });
    await untilQuiet(log);
    const judged = judgeCall(call, await readSince(log, size), { items, names });
    lines.push(...judged.lines);
    faults.push(...judged.faults);
  }
  const { rows } = await db.query<{ version: string; messages: number; rooms: number }>(
    `select current_setting('server_version') as version,
       (select reltuples::int from pg_class where relname = 'messages') as messages,
       (select reltuples::int from pg_class where relname = 'conversations') as rooms`,
  );
  const { version = '', messages = 0, rooms = 0 } = rows[0] ?? {};
  const head = ['Call', 'items', 'statement', 'rows read', 'at most', 'pages', 'ms', 'verdict'];
  const text = [
    describeRun('plans', { postgres: version, loadBefore }),
    `\n\nAt ${messages.toLocaleString('en')} messages in ${rooms.toLocaleString('en')} rooms.\n\n`,
    table(head, lines),
  ].join('');
  if (faults.length > 0) {
    throw new Error(
      `${text}\n\n${faults.join('\n\n')}\n\n${faults.length} plans are not as they should be`,
    );
  }
  return text;
}

/** Lines of the table for one call, and what is wrong with its plans. */
function judgeCall(
  call: PlanCall,
  text: string,
  { items, names }: { items: number; names: Map<string, string> },
): { lines: string[][]; faults: string[] } {
  const most = call.mostRows(items);
  const seen = new Map<string, { plan: Plan; name: string }>();
  for (const { plan, name } of readPlans(text, names)) {
    const { rowsRead, isOfChat } = judgePlan(plan, most);
    const before = seen.get(name);
    if (isOfChat && (!before || judgePlan(before.plan, most).rowsRead < rowsRead)) {
      seen.set(name, { plan, name });
    }
  }
  const lines: string[][] = [];
  const faults: string[] = [];
  for (const { plan, name } of seen.values()) {
    const { rowsRead, pages, ms, complaints } = judgePlan(plan, most);
    const verdict = complaints.length === 0 ? 'fine' : `**${complaints.join(', ')}**`;
    lines.push([
      call.name,
      String(items),
      name,
      String(rowsRead),
      String(most),
      String(pages),
      ms.toFixed(2),
      verdict,
    ]);
    if (complaints.length > 0) {
      faults.push(`${call.name}: ${complaints.join(', ')}\n${JSON.stringify(plan, null, 1)}`);
    }
  }
  return { lines, faults };
}

/** The database of DATA_DIR, where `npm run db:demo` has been; without one, a new one that is filled first. */
async function openPostgres(
  undo: AsyncDisposableStack,
  isQuick: boolean,
  signal: AbortSignal,
): Promise<EmbeddedPostgres> {
  const given = process.env['DATA_DIR'];
  const folder = given === undefined ? await makeFolder(undo) : path.resolve(given);
  if (given === undefined) {
    await fillWithDemo(folder, isQuick ? 100_000 : 5_000_000, signal);
  }
  const postgres = await startEmbeddedPostgres({ directory: path.join(folder, 'postgres') });
  undo.defer(() => postgres.stop());
  return postgres;
}

async function makeFolder(undo: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'chapar-plans-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  // PostgreSQL does not run as root: another user has to get through.
  await chmod(folder, 0o755);
  return folder;
}

async function readSince(file: string, from: number): Promise<string> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
  return buffer.toString('utf8', 0, bytesRead);
}
