import type { AnyTRPCProcedure } from '@trpc/server';
import { accountRouter } from './features/account/account.router.ts';
import { adminRouter } from './features/admin/admin.router.ts';
import { chatRouter } from './features/chat/chat.router.ts';
import { friendRouter } from './features/friend/friend.router.ts';
import { organizationRouter } from './features/organization/organization.router.ts';
import { otpRouter } from './features/otp/otp.router.ts';
import { passwordRouter } from './features/password/password.router.ts';
import { presenceRouter } from './features/presence/presence.router.ts';
import { sessionRouter } from './features/session/session.router.ts';
import { smsRouter } from './features/sms/sms.router.ts';
import { streamRouter } from './features/stream/stream.router.ts';
import { userRouter } from './features/user/user.router.ts';
import { limitName, type LimitedBy } from './limits/guard.ts';
import { router, type ProcedureMeta } from './trpc.ts';

export const appRouter = router({
  otp: otpRouter,
  password: passwordRouter,
  session: sessionRouter,
  account: accountRouter,
  user: userRouter,
  friend: friendRouter,
  chat: chatRouter,
  organization: organizationRouter,
  stream: streamRouter,
  presence: presenceRouter,
  sms: smsRouter,
  admin: adminRouter,
});

/** tRPC keeps all procedures flat under their paths, which its types do not say. */
const procedures = appRouter._def.procedures as unknown as Record<string, AnyTRPCProcedure>;

/** Every procedure's path and kind. */
export const procedureList = Object.entries(procedures).map(([path, { _def }]) => ({
  path,
  type: _def.type,
  hasOutput: 'output' in _def,
}));

/** The name of every budget that a procedure declares, such as `otp.request:address`. */
export const limitNames: readonly string[] = Object.entries(procedures).flatMap(
  ([path, { _def }]) =>
    Object.keys((_def.meta as ProcedureMeta | undefined)?.limits ?? {}).map((by) =>
      limitName(path, by as LimitedBy),
    ),
);
