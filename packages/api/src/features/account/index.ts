export { sendNotice } from './account.notice.ts';
