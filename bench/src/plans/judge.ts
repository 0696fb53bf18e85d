/** A node of a plan, as `explain (analyze, buffers, format json)` writes it. */
export interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Join Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  'Shared Hit Blocks'?: number;
  'Shared Read Blocks'?: number;
  'Actual Total Time'?: number;
  Disabled?: boolean;
  Plans?: PlanNode[];
}

export interface Plan {
  'Query Text': string;
  Plan: PlanNode;
}

export interface Judgement {
  /** Whether it reads or writes a table of chat. */
  isOfChat: boolean;
  /** By all scans of tables, those that were thrown away again included. */
  rowsRead: number;
  /** Pages of 8 KiB, from memory or from the disk. */
  pages: number;
  ms: number;
  complaints: string[];
}

/** What grows with the messages, the rooms or the people. */
const ofChat =
  /^(conversations?|conversation_.+|messages?|message_.+|streams|stream_members|stream_events.*)$/;
const growing = /^(users|friendships|sessions|blocks|organization.*)$/;

/** A table of so few rows is on some pages: to read it whole is often the best plan. */
const fewRows = 1_000;

/** @param most rows that the statement may read, beside small tables that it reads whole */
export function judgePlan({ Plan: root }: Plan, most: number): Judgement {
  const complaints: string[] = [];
  let rowsRead = 0;
  let isOfChat = false;
  const walk = (node: PlanNode): void => {
    const table = node['Relation Name'];
    if (table !== undefined && (ofChat.test(table) || growing.test(table))) {
      isOfChat ||= ofChat.test(table);
      const each =
        (node['Actual Rows'] ?? 0) +
        (node['Rows Removed by Filter'] ?? 0) +
        (node['Rows Removed by Index Recheck'] ?? 0);
      const isWhole = node['Node Type'] === 'Seq Scan';
      if (isWhole && each > fewRows) {
        complaints.push(`reads all of ${table}`);
      }
      if (node['Node Type'].includes('Scan') && !(isWhole && each <= fewRows)) {
        rowsRead += Math.round(each * (node['Actual Loops'] ?? 1));
      }
    }
    node.Plans?.forEach(walk);
  };
  walk(root);
  if (rowsRead > most) {
    complaints.push(`reads ${rowsRead} rows`);
  }
  const pages = (root['Shared Hit Blocks'] ?? 0) + (root['Shared Read Blocks'] ?? 0);
  return { isOfChat, rowsRead, pages, ms: root['Actual Total Time'] ?? 0, complaints };
}
