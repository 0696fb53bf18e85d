import { parseArgs } from 'node:util';
import { DemoError } from './refusal.ts';
import {
  countPeople,
  fewestMessages,
  fewestPeople,
  mostMessages,
  mostPeople,
  startOfDay,
  type DemoSize,
} from './size.ts';

const usualMessages = '100000';
const usualSeed = 'chapar';

/**
 * Reads the command line.
 *
 * @throws DemoError saying what is not right
 */
export function readDemoOptions(
  args: readonly string[],
  now: Date,
): { size: DemoSize; isForced: boolean } {
  const { values } = parse(args);
  const messages = readNumber('messages', values.messages, fewestMessages, mostMessages);
  const people =
    values.people === undefined
      ? countPeople(messages)
      : readNumber('people', values.people, fewestPeople, mostPeople);
  return {
    size: { seed: values.seed, messages, people, endsAt: startOfDay(now) },
    isForced: values.force,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        messages: { type: 'string', default: usualMessages },
        people: { type: 'string' },
        seed: { type: 'string', default: usualSeed },
        force: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DemoError(
      `${reason} Known: --messages ${usualMessages} --people <number> --seed <text> --force`,
    );
  }
}

function readNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new DemoError(`--${name} has to be a whole number from ${least} to ${most}.`);
  }
  return value;
}
