import {
  chatHandleReportInputSchema,
  chatInspectInputSchema,
  chatInspectOutputSchema,
  chatListReportsInputSchema,
  chatListReportsOutputSchema,
  chatReportInputSchema,
  chatReportReceiptSchema,
  chatReportRefSchema,
  chatReportViewSchema,
} from '@chapar/contract';
import { router, signedIn, staff } from '../../trpc.ts';
import { getReport, handleReport, inspectConversation, listReports } from './chat.inspect.ts';
import { reportMessage } from './chat.report.ts';

/** What staff are told of conversations, and do about it. */
export const chatReportRouter = router({
  report: signedIn
    .meta({ limits: { user: { most: 30, seconds: 60 } } })
    .input(chatReportInputSchema)
    .output(chatReportReceiptSchema)
    .mutation(({ ctx, input }) => reportMessage(ctx.call, input)),

  listReports: staff
    .input(chatListReportsInputSchema)
    .output(chatListReportsOutputSchema)
    .query(({ ctx, input }) => listReports(ctx.call, input)),

  getReport: staff
    .input(chatReportRefSchema)
    .output(chatReportViewSchema)
    .query(({ ctx, input }) => getReport(ctx.call, input.reportId)),

  handleReport: staff
    .input(chatHandleReportInputSchema)
    .output(chatReportViewSchema)
    .mutation(({ ctx, input }) => handleReport(ctx.call, input)),

  /** A mutation: that somebody has read is written down. */
  inspect: staff
    .input(chatInspectInputSchema)
    .output(chatInspectOutputSchema)
    .mutation(({ ctx, input }) => inspectConversation(ctx.call, input)),
});
