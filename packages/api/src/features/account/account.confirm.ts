import type { OtpRequested } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { readContact } from '../../kernel/contact.ts';
import { record } from '../audit/index.ts';
import { afterRedeem, challenge, checkCode, redeem } from '../otp/index.ts';
import { checkPassword } from '../password/index.ts';
import { setAuthenticated } from '../session/index.ts';
import { findUser } from '../user/index.ts';

/**
 * Sends a code by which the caller shows that they are still the one who signed in.
 *
 * @throws AppError `USER_NOT_FOUND` where the account has no such contact, and what
 *   {@link challenge} throws
 */
export async function requestConfirm(
  call: SignedInCall,
  { by, captcha }: { by: 'phone' | 'email'; captcha: string | undefined },
): Promise<OtpRequested> {
  const { app, actor } = call;
  const user = await findUser(app.db, actor.userId);
  const address = user?.[by];
  if (!address) {
    throw new AppError('USER_NOT_FOUND');
  }
  const contact = readContact({ [by]: address }, app.config.defaultCountry);
  const { userId } = actor;
  return challenge(call, { contact, purpose: 'confirm', userId, captcha });
}

/** What proves a person once more. */
export type Proof = { challengeId: string; code: string } | { password: string };

/** The one proof that the contract's schema has made sure of. */
export function readProof(input: {
  challengeId?: string | undefined;
  code?: string | undefined;
  password?: string | undefined;
}): Proof {
  const { challengeId = '', code = '', password } = input;
  return password === undefined ? { challengeId, code } : { password };
}

/**
 * Makes the session fresh: what needs a proof of a moment ago is open again.
 *
 * @throws AppError the errors of a code, `PASSWORD_WRONG`, `PASSWORD_TOO_MANY_TRIES`, `BUSY`
 */
export async function confirm(call: SignedInCall, proof: Proof): Promise<void> {
  if ('password' in proof) {
    await checkPassword(call, proof.password);
    return markFresh(call, 'password', () => Promise.resolve());
  }
  const { userId } = call.actor;
  const right = await checkCode(call, { ...proof, purpose: 'confirm', userId });
  await markFresh(call, 'otp', (tx) => redeem(call, tx, right));
  await afterRedeem(call, right);
}

async function markFresh(
  call: SignedInCall,
  method: 'otp' | 'password',
  first: (tx: Tx) => Promise<void>,
): Promise<void> {
  const { userId, sessionId } = call.actor;
  await transaction(call, async (tx) => {
    await first(tx);
    await setAuthenticated(tx.db, sessionId, call.now);
    await record(call, tx, { type: 'identity-confirmed', userId, sessionId, detail: { method } });
  });
}
