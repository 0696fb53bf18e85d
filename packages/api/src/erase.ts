import type { App } from './app.ts';
import { callOfNobody, type Call } from './call.ts';
import { transaction, type Tx } from './database/transaction.ts';
import { forgetAudit } from './features/audit/index.ts';
import { forgetChats } from './features/chat/index.ts';
import { forgetFriends } from './features/friend/index.ts';
import { forgetOrganizations } from './features/organization/index.ts';
import { forgetCodes } from './features/otp/index.ts';
import { forgetPassword } from './features/password/index.ts';
import { forgetPresence } from './features/presence/index.ts';
import { deleteSessions } from './features/session/index.ts';
import { forgetSms } from './features/sms/index.ts';
import { closePersonalStream } from './features/stream/index.ts';
import { eraseRow, findDue, lockUser, type UserRow } from './features/user/index.ts';

const peopleAtOnce = 100;

/**
 * Erases everybody who has removed their account and did not come back in time: each in a
 * transaction of their own, so that what was begun is either done or not. What goes and what stays
 * is listed in docs/erasure.md, and a test looks for every trace.
 *
 * @returns how many
 */
export async function erasePeople(app: App): Promise<number> {
  const now = app.deps.clock.now();
  const due = await findDue(app.db, now, peopleAtOnce);
  let erased = 0;
  for (const userId of due) {
    try {
      erased += Number(await erasePerson(callOfNobody(app, 'sweep'), userId));
    } catch (error) {
      // The next sweep tries again; whoever else is due does not have to wait for it.
      app.deps.log.warn({ err: error, userId }, 'a person is not erased yet');
    }
  }
  return erased;
}

function erasePerson(call: Call, userId: string): Promise<boolean> {
  return transaction(call, async (tx) => {
    const user = await lockUser(tx.db, userId);
    if (!user || !(await eraseRow(tx.db, userId, call.now))) {
      return false;
    }
    await forgetEverywhere(call, tx, user);
    return true;
  });
}

async function forgetEverywhere(call: Call, tx: Tx, user: UserRow): Promise<void> {
  const contacts = [user.phone, user.email].filter((contact) => contact !== null);
  await forgetPassword(call, tx, user);
  await forgetCodes(tx, user.id, contacts);
  await forgetSms(tx, user.id, user.phone === null ? [] : [user.phone]);
  await deleteSessions(tx.db, user.id);
  await forgetPresence(tx, user.id);
  // Before anything is told to people's own lines: the streams of organizations are locked first.
  await forgetOrganizations(call, tx, user.id);
  // Before the chats: whoever wrote to each other had asked to be friends, and of two who are
  // erased at the same time the second one waits here until the first one is gone.
  await forgetFriends(call, tx, user.id);
  await forgetChats(call, tx, user.id);
  await forgetAudit(tx, user.id);
  await closePersonalStream(tx, user.id);
}
