import { mergeRouters } from '../../trpc.ts';
import { chatChangeRouter } from './chat.change.router.ts';
import { chatDoorRouter } from './chat.door.router.ts';
import { chatMemberRouter } from './chat.member.router.ts';
import { chatMessageRouter } from './chat.message.router.ts';
import { chatReportRouter } from './chat.report.router.ts';
import { chatRoomRouter } from './chat.room.router.ts';
import { chatSearchRouter } from './chat.search.router.ts';

export const chatRouter = mergeRouters(
  chatRoomRouter,
  chatMemberRouter,
  chatMessageRouter,
  chatChangeRouter,
  chatDoorRouter,
  chatReportRouter,
  chatSearchRouter,
);
