import { clockText } from '../terminal/clock.ts';
import type { EvidenceLine, EvidencePoint } from './evidence-line.ts';

/** In cells. */
export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The evidence as bars that grow towards the line that convicts. A column is a block, or the highest
 * of several where there is not enough room. Below the bars: `x` a void block, `?` one that waits or is
 * unknown, `.` evidence below 0, which speaks for the canary.
 */
export function evidenceChart(evidence: EvidenceLine, { width, height }: ChartSize): string[] {
  const columns = grouped(evidence.points, width);
  const top = Math.max(evidence.line, ...columns.map(({ score = 0 }) => score));
  const unit = top / height;
  const lineRow = Math.min(height - 1, Math.ceil(evidence.line / unit) - 1);
  const rows = Array.from({ length: height }, (_, i) => height - 1 - i).map((row) => {
    const isLine = row === lineRow;
    const cells = columns.map(({ score = 0 }) => cell(score / unit - row, isLine));
    const label = isLine ? evidence.line.toFixed(1) : row === 0 ? '0' : '';
    return `${label.padStart(6)} ${isLine ? '┼' : '│'}${cells.join('')}${isLine ? '╌ convicts' : ''}`.trimEnd();
  });
  const marks = columns.map(markOf).join('').trimEnd();
  const [first, last] = [evidence.points[0], evidence.points.at(-1)];
  const from = first === undefined ? '' : clockText(first.at);
  const to = last === undefined || columns.length < 20 ? '' : clockText(last.at);
  const gap = Math.max(1, columns.length - from.length - to.length);
  return [
    ...rows,
    `       └${'─'.repeat(columns.length)}`,
    ...(marks === '' ? [] : [`        ${marks}  ${legend(marks)}`]),
    `        ${from}${' '.repeat(gap)}${to}`.trimEnd(),
  ];
}

function legend(marks: string): string {
  const meanings = { '.': 'speaks for the canary', x: 'void', '?': 'waits or unknown' };
  const found = Object.entries(meanings).filter(([mark]) => marks.includes(mark));
  return `(${found.map(([mark, meaning]) => `${mark} ${meaning}`).join(', ')})`;
}

function grouped(points: readonly EvidencePoint[], width: number): EvidencePoint[] {
  const size = Math.max(1, Math.ceil(points.length / width));
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => {
    const group = points.slice(i * size, (i + 1) * size);
    const highest = group.reduce((best, one) =>
      (one.score ?? -Infinity) > (best.score ?? -Infinity) ? one : best,
    );
    // What does not count must not disappear behind what does.
    const odd = group.find(({ kind }) => kind === 'void') ?? group.find(isOdd) ?? highest;
    return { ...highest, kind: odd.kind };
  });
}

const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** @param filled how much of this cell a bar fills, below 0 nothing, above 1 all. */
function cell(filled: number, isLine: boolean): string {
  const eighths = Math.min(8, Math.max(0, Math.round(filled * 8)));
  return eighths === 0 && isLine ? '╌' : (EIGHTHS[eighths] ?? ' ');
}

function isOdd({ kind }: EvidencePoint): boolean {
  return kind !== 'weighed';
}

function markOf({ kind, score }: EvidencePoint): string {
  if (kind === 'void') return 'x';
  if (kind !== 'weighed') return '?';
  return (score ?? 0) <= 0 ? '.' : ' ';
}
