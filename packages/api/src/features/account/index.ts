export { noticeTemplates, sendNotice } from './account.notice.ts';
