import { normalizeMobile } from '../mobile.ts';
import type { FindOutcome, LostMessage } from '../provider.ts';
import type { IpPanelClient } from './ippanel.client.ts';
import { canBe, searchBackSeconds } from './lost-text.ts';
import { textOf } from './rows.ts';

/** How long after the attempt a message can have been noted, in seconds. */
const searchAheadSeconds = 120;
/** Most sendings whose recipients are asked for. */
const mostSendings = 20;

/**
 * Looks for a lost message among what our line sent in those minutes. The list of sendings has no
 * numbers, so the recipients of each are asked for, those with a fitting text first. That the list
 * holds a message as soon as it is taken, and its text as it was sent, is our assumption.
 */
export async function findSending(client: IpPanelClient, lost: LostMessage): Promise<FindOutcome> {
  const { message, triedAt } = lost;
  const tried = Math.floor(triedAt.getTime() / 1_000);
  const list = await client.rows('report/new_list', {
    page: 1,
    limit: 100,
    filters: {
      number: client.line,
      create_from_date: String(tried - searchBackSeconds),
      create_to_date: String(tried + searchAheadSeconds),
    },
  });
  if (!list) {
    return { found: 'unknown' };
  }
  const fits = (row: unknown): boolean => canBe(message, textOf(row, 'message'));
  const likely = list.rows.filter((row) => fits(row));
  const others = list.rows.filter((row) => !fits(row));
  let isSure = list.isAll && list.rows.length <= mostSendings;
  for (const row of [...likely, ...others].slice(0, mostSendings)) {
    const id = textOf(row, 'messages_outbox_id');
    const recipients = await recipientsOf(client, id);
    const mine = recipients?.find(
      (one) => normalizeMobile(textOf(one, 'recipient')) === message.to,
    );
    if (mine !== undefined && (likely.includes(row) || canBe(message, textOf(mine, 'message')))) {
      return { found: 'yes', providerMessageId: id };
    }
    // Not asked, or another text to the number, which may be ours, changed on the way.
    isSure &&= recipients !== null && mine === undefined;
  }
  return { found: isSure ? 'absent' : 'unknown' };
}

/** Rows of the recipients' report of one sending; null when there was no answer. */
export async function recipientsOf(client: IpPanelClient, id: string): Promise<unknown[] | null> {
  const query = `page=1&per_page=10&bulk_id=${encodeURIComponent(id)}`;
  return (await client.rows(`report/recipients?${query}`))?.rows ?? null;
}
