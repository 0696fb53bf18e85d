import { digits, figureOf } from './tables.ts';
import type { Row } from './outcome.ts';
import { targets } from './targets.ts';

/** A group of bars below one line of text. */
interface Group {
  label: string;
  bars: { label: string; value: number; kind: 'baseline' | 'ours' }[];
  /** Lines across the bars. */
  marks: { label: string; value: number }[];
}

/** Where a value lies on a line of `pixels` that begins at 0 and ends at `largest`. */
export function scale(value: number, largest: number, pixels: number): number {
  if (!Number.isFinite(value) || !(largest > 0)) {
    return 0;
  }
  return Math.round(Math.min(Math.max(value / largest, 0), 1) * pixels * 10) / 10;
}

const width = 640;
const left = 80;
const lineWidth = 440;
const barHeight = 14;
const barStep = 18;
const groupHead = 22;
const groupGap = 14;

/** Seen on white and on black: text in the middle of both, colours that stand out on both. */
const style = `text{font:12px system-ui,sans-serif;fill:#57606a}.title{font-weight:600}
.baseline{fill:#8c959f}.ours{fill:#2f81f7}.mark{stroke:#cf222e;stroke-dasharray:3 2}
@media(prefers-color-scheme:dark){text{fill:#adbac7}.baseline{fill:#768390}.ours{fill:#539bf5}.mark{stroke:#f47067}}`;

/** Draws groups of horizontal bars below each other, each group on a scale of its own. */
function drawBars(title: string, groups: readonly Group[]): string {
  let y = 24;
  const parts = groups.map((group) => {
    const drawn = drawGroup(group, y);
    y += groupHead + group.bars.length * barStep + groupGap;
    return drawn;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img">`,
    `<title>${escape(title)}</title>`,
    `<style>${style}</style>`,
    `<text class="title" x="8" y="16">${escape(title)}</text>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function drawGroup({ label, bars, marks }: Group, top: number): string {
  const largest = Math.max(...[...bars, ...marks].map(({ value }) => value), 0) * 1.05;
  const first = top + groupHead;
  const lines = bars.map(({ label: name, value, kind }, i) => {
    const y = first + i * barStep;
    const length = scale(value, largest, lineWidth);
    return [
      `<text x="${left - 6}" y="${y + 11}" text-anchor="end">${escape(name)}</text>`,
      `<rect class="${kind}" x="${left}" y="${y}" width="${length}" height="${barHeight}" rx="2"/>`,
      `<text x="${left + length + 6}" y="${y + 11}">${digits(value)}</text>`,
    ].join('');
  });
  const bottom = first + bars.length * barStep;
  const across = marks.map(({ label: name, value }) => {
    const x = left + scale(value, largest, lineWidth);
    return `<line class="mark" x1="${x}" x2="${x}" y1="${first - 3}" y2="${bottom}"><title>${escape(name)}</title></line>`;
  });
  return [`<text x="8" y="${top + 14}">${escape(label)}</text>`, ...lines, ...across].join('\n');
}

/** The plot of one workload: each row as bars of both sides, with lines where it must be. */
export function plotRows(title: string, rows: readonly Row[]): string {
  return drawBars(
    title,
    rows.map((row): Group => {
      const ours = { label: 'ours', value: row.ours, kind: 'ours' as const };
      const { baseline } = row;
      return {
        label: `${row.work.replaceAll('`', '')}: ${row.unit}${row.target === null ? '' : '; dashed: must, aim'}`,
        bars:
          baseline === null
            ? [ours]
            : [{ label: 'baseline', value: baseline, kind: 'baseline' }, ours],
        marks: marksOf(row),
      };
    }),
  );
}

function marksOf(row: Row): Group['marks'] {
  if (row.target === null) {
    return [];
  }
  const target = targets[row.target];
  const unit = target.of === 'ratio' ? (row.baseline ?? Number.NaN) : 1;
  return (['must', 'aim'] as const).map((label) => ({ label, value: target[label] * unit }));
}

/** The plot of everything: for each row with a target, how far it is from what it must be. */
export function plotTargets(title: string, rows: readonly Row[]): string {
  return drawBars(
    title,
    rows.flatMap((row): Group[] => {
      if (row.target === null) {
        return [];
      }
      const target = targets[row.target];
      const sign = target.is === 'at most' ? '≤' : '≥';
      const unit = target.of === 'ratio' ? 'times the baseline' : row.unit;
      return [
        {
          label: `${row.work.replaceAll('`', '')}, ${target.of === 'ratio' ? row.unit : ''} (${unit}; must ${sign} ${target.must}, aim ${sign} ${target.aim})`,
          bars: [{ label: 'ours', value: figureOf(row, target), kind: 'ours' }],
          marks: (['must', 'aim'] as const).map((label) => ({ label, value: target[label] })),
        },
      ];
    }),
  );
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
