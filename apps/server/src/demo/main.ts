// `npm run db:demo [-- --messages 100000 --people 240 --seed chapar --force]`: fills the database of
// DATABASE_URL, or the embedded one, with made-up people who have talked for 90 days.
import { migrate, openDatabase, type Database } from '@chapar/api';
import { openPostgres } from '../container.ts';
import { readConfig, type Config } from '../env.ts';
import { reasonOf } from '../serve.ts';
import { fillDemo, type Filled } from './fill.ts';
import { readDemoOptions } from './options.ts';
import { Progress } from './progress.ts';
import { DemoError, refuseOthers } from './refusal.ts';

const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    process.exitCode = 130;
    ending.abort(
      new DemoError('Ended. Run it again with the same options, and it goes on from here.'),
    );
  });
}

try {
  await fillFromCommandLine();
} catch (error) {
  process.stderr.write(`\n${error instanceof DemoError ? error.message : reasonOf(error)}\n`);
  process.exitCode ??= 1;
}

async function fillFromCommandLine(): Promise<void> {
  const { size, isForced } = readDemoOptions(process.argv.slice(2), new Date());
  const config = readConfig();
  if (config.mode === 'production') {
    throw new DemoError('Demo data is not for production: NODE_ENV says that this is.');
  }
  const opened: (() => Promise<void> | void)[] = [];
  try {
    const place = await openPostgres(config, opened);
    // Statements may take as long as they want.
    const database = await openDatabase({ url: place.url, statementMs: 0 });
    opened.push(() => database.close());
    if (!isForced) {
      await lookFirst(database);
    }
    await migrate(database);
    say(
      `${size.messages.toLocaleString('en')} messages and ${size.people.toLocaleString('en')} people into ${place.description}`,
    );
    const progress = new Progress(process.stdout, size.messages, 'messages');
    const search = new Progress(process.stdout, size.messages, 'messages that can be found');
    const filled = await fillDemo(database, {
      size,
      isForced,
      signal: ending.signal,
      onProgress: (messages) => progress.reach(messages),
      onSearchProgress: (messages) => search.reach(messages),
    });
    tellHow(config, filled);
  } finally {
    for (const undo of opened.toReversed()) {
      await undo();
    }
  }
}

async function lookFirst(database: Database): Promise<void> {
  const client = database.createClient();
  await client.connect();
  try {
    await refuseOthers(client);
  } finally {
    await client.end();
  }
}

function tellHow({ host, port }: Config, { first, isNew }: Filled): void {
  const at = `http://${host}:${port}`;
  const phone = encodeURIComponent(first.phone);
  say(
    [
      '',
      isNew ? 'Done.' : 'All of it was there already.',
      `Sign in as ${first.firstName} ${first.lastName}: phone ${first.phone}, e-mail ${first.email}`,
      `  by phone    SMS_COUNTRIES=IR,US npm start, then look for the code at ${at}/dev/sms?phone=${phone}`,
      `  by e-mail   npm start, then look for the code at ${at}/dev/mail?to=${encodeURIComponent(first.email)}`,
      'The numbers are of those that are kept for fiction: no message can reach anybody.',
    ].join('\n'),
  );
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
