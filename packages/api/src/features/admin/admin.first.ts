import type { App } from '../../app.ts';
import { callOfNobody } from '../../call.ts';
import { transaction } from '../../database/transaction.ts';
import { contactOf } from '../../kernel/contact.ts';
import { requirePhone } from '../../kernel/phone.ts';
import { requireStrong, upsertHash } from '../password/index.ts';
import { createUser, findAccount } from '../user/index.ts';

/**
 * Makes the first administrator, once: the next start finds them. A phone number that a plain user
 * holds stays a plain user's, for whoever sets the two variables may not know whose it is.
 *
 * @throws AppError `PHONE_INVALID`, `PASSWORD_WEAK`
 */
export async function ensureFirstAdmin(
  app: App,
  { phone, password }: { phone: string; password: string },
): Promise<'created' | 'exists' | 'taken'> {
  const { config, deps, db } = app;
  const { e164 } = requirePhone(phone, config.defaultCountry);
  const name = { contact: contactOf('sms', e164), kind: config.accountKinds[0] };
  const found = await findAccount(db, name);
  if (found) {
    if (found.role === 'admin') {
      return 'exists';
    }
    deps.log.warn({}, 'FIRST_ADMIN_PHONE belongs to a plain user, who stays one');
    return 'taken';
  }
  await requireStrong(app, password, { phone: e164 });
  const hash = await app.hasher.hash(password);
  const call = callOfNobody(app, 'start');
  const made = await transaction(call, async (tx) => {
    const user = await createUser(call, tx, { name, role: 'admin' });
    if (user) {
      await upsertHash(tx.db, { userId: user.id, hash, now: call.now });
    }
    return user;
  });
  return made ? 'created' : 'exists';
}
