import type { SignedInCall } from '../../call.ts';
import { transaction } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { after, day } from '../../kernel/duration.ts';
import { record } from '../audit/index.ts';
import { voidCodes } from '../otp/index.ts';
import { endSessionsOf } from '../session/index.ts';
import { changeStatus, lockUser } from '../user/index.ts';

/**
 * Removes the caller's account: from now on nobody finds it, every session ends, and after the
 * grace it is erased. Signing in before then keeps it.
 */
export function removeAccount(call: SignedInCall): Promise<{ eraseAt: Date }> {
  const { app, actor, now } = call;
  const { userId, sessionId } = actor;
  const eraseAt = after(now, app.config.account.eraseAfterDays * day);
  return transaction(call, async (tx) => {
    const user = await lockUser(tx.db, userId);
    if (!user || !(await changeStatus(tx.db, userId, ['active'], { status: 'leaving', eraseAt }))) {
      throw new AppError('SESSION_ENDED');
    }
    await voidCodes(call, tx, user);
    await record(call, tx, { type: 'removal-requested', userId, sessionId });
    await endSessionsOf(call, tx, { userId, choice: 'all', reason: 'account-removed' });
    return { eraseAt };
  });
}
