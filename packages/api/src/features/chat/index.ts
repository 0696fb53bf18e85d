export { forgetChats } from './chat.service.ts';
export { createMessageWriter } from './chat.writer.ts';
export { createTypingPace } from './chat.typing.ts';
