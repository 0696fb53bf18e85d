export { forgetChats } from './chat.service.ts';
