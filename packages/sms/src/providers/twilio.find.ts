import { field } from '../http.ts';
import type { FindOutcome, TextMessage } from '../provider.ts';
import { canBe, searchBackSeconds } from './lost-text.ts';
import { sidOf } from './twilio.answers.ts';

/** Messages of a page, of 1000 at most, and pages that a search reads. */
const pages = { size: 100, most: 10 };

export interface TwilioSearch {
  message: TextMessage;
  triedAt: Date;
  /** The recipient as the provider writes it. */
  address: string;
  /** Path of the account's resources, which addresses of further pages begin with. */
  root: string;
  /** Asks for a path below it. */
  ask: (path: string) => Promise<unknown>;
}

/**
 * Looks for a lost text among what the recipient was sent. The list can be asked for by the day of
 * sending, but a message that still waits has no such day, so it is asked for by the recipient
 * alone, and all of it is read before a text is said not to be there. That the list holds a message
 * as soon as it is taken is our assumption: people have seen it come late.
 */
export async function findText(search: TwilioSearch): Promise<FindOutcome> {
  const { root, ask } = search;
  const query = new URLSearchParams({ To: search.address, PageSize: String(pages.size) });
  let path = `Messages.json?${query.toString()}`;
  let isOtherThere = false;
  for (let page = 0; page < pages.most; page += 1) {
    const list = await ask(path);
    const rows = rowsOf(list);
    if (rows === null) {
      return { found: 'unknown' };
    }
    const near = rows.filter((row) => isNear(row, search));
    const match = near.find((row) => canBe(search.message, bodyOf(row)));
    const sid = sidOf(field(match, 'sid'));
    if (sid !== null) {
      return { found: 'yes', providerMessageId: sid };
    }
    isOtherThere ||= near.length > 0;
    const next = field(list, 'next_page_uri');
    if (next === null) {
      // Another text to the number may still be ours, changed on the way.
      return { found: isOtherThere ? 'unknown' : 'absent' };
    }
    if (typeof next !== 'string' || !next.startsWith(root)) {
      return { found: 'unknown' };
    }
    path = next.slice(root.length);
  }
  return { found: 'unknown' };
}

function rowsOf(list: unknown): unknown[] | null {
  const rows = field(list, 'messages');
  return Array.isArray(rows) ? rows : null;
}

/** Whether it went to the recipient at that time; when the row does not say, it may have. */
function isNear(row: unknown, { address, triedAt }: TwilioSearch): boolean {
  const created = field(row, 'date_created');
  const at = typeof created === 'string' ? Date.parse(created) : Number.NaN;
  const isBefore = at < triedAt.getTime() - searchBackSeconds * 1_000;
  return (field(row, 'to') ?? address) === address && !isBefore;
}

function bodyOf(row: unknown): string {
  const body = field(row, 'body');
  return typeof body === 'string' ? body : '';
}
