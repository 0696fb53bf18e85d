import type { AnyTRPCProcedure } from '@trpc/server';
import { chatRouter } from './features/chat/chat.router.ts';
import { friendRouter } from './features/friend/friend.router.ts';
import { otpRouter } from './features/otp/otp.router.ts';
import { sessionRouter } from './features/session/session.router.ts';
import { streamRouter } from './features/stream/stream.router.ts';
import { userRouter } from './features/user/user.router.ts';
import { router } from './trpc.ts';

export const appRouter = router({
  otp: otpRouter,
  session: sessionRouter,
  user: userRouter,
  friend: friendRouter,
  chat: chatRouter,
  stream: streamRouter,
});

/** tRPC keeps all procedures flat under their paths, which its types do not say. */
const procedures = appRouter._def.procedures as unknown as Record<string, AnyTRPCProcedure>;

/** Every procedure's path and kind. */
export const procedureList = Object.entries(procedures).map(([path, { _def }]) => ({
  path,
  type: _def.type,
  hasOutput: 'output' in _def,
}));
