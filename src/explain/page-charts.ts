import type { Counts } from '../judge/guard/evidence.ts';
import type { Case } from './case.ts';
import { evidenceLines } from './evidence-line.ts';
import type { BlockCase } from './guard-case.ts';
import type { Markup } from './markup.ts';
import { type Series, timeChart } from './time-chart.ts';

const STYLES = ['first', 'second', 'third'] as const;

/** Weight, evidence and shares of bad requests over the same time, one below the other. */
export function chartsOf(told: Case): Markup[] {
  const span = spanOf(told);
  const charts = told.timeline.some(({ weight = 0 }) => weight > 0) ? [weights(told, span)] : [];
  const { blocks, counted } = told.guard;
  if (blocks.length === 0) return charts;
  const voids = voidsOf(blocks);
  const bad = (block: BlockCase): Both => [block.canary, block.primary];
  charts.push(evidence(told, span, voids), shares(`failed ${counted}`, blocks, span, voids, bad));
  if (blocks.some(({ slow }) => slow !== undefined)) charts.push(slowness(blocks, span, voids));
  return charts;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

function spanOf({ timeline, guard, asOf, endedAt }: Case): Span {
  const times = timeline.map(({ at }) => Date.parse(at));
  const end = endedAt ?? guard.blocks.at(-1)?.to ?? asOf;
  const from = Math.min(...times, Date.parse(end));
  return { from, to: Math.max(from + 1000, ...times, Date.parse(end)) };
}

type Voids = readonly (readonly [number, number])[];

function voidsOf(blocks: readonly BlockCase[]): Voids {
  return blocks
    .filter(({ kind }) => kind === 'void' || kind === 'unknown')
    .map(({ from, to }) => [Date.parse(from), Date.parse(to)] as const);
}

function weights({ timeline }: Case, span: Span): Markup {
  const changes = timeline.flatMap(({ at, weight }): [number, number][] =>
    weight === undefined ? [] : [[Date.parse(at), weight]],
  );
  const last = changes.at(-1)?.[1] ?? 0;
  const points = [...changes, [span.to, last] as const];
  const most = Math.max(...points.map(([, weight]) => weight));
  return timeChart({
    ...span,
    title: 'The canary’s share of the traffic',
    summary: `The canary got up to ${most} percent of the traffic.`,
    series: [{ name: 'weight', style: 'plain', points, isStep: true }],
    show: (value) => `${value} %`,
  });
}

function evidence({ guard }: Case, span: Span, voids: Voids): Markup {
  const lines = evidenceLines(guard);
  const limits = [...new Set(lines.map(({ line }) => line.toFixed(1)))];
  return timeChart({
    ...span,
    title: 'Evidence against the canary, in nats; below 0 it speaks for it',
    summary: lines
      .map(({ title, line, points }) => {
        const score = points.at(-1)?.score ?? 0;
        return `Evidence by ${title}: ${score.toFixed(1)} at the end, ${line.toFixed(1)} convicts.`;
      })
      .join(' '),
    series: lines.map(({ title, line, points }, i) => ({
      name: `${title} (${line.toFixed(1)} convicts)`,
      style: STYLES[i] ?? 'third',
      points: points.map(({ at, score }) => [Date.parse(at), score] as const),
    })),
    limits: limits.map((line) => ({ value: Number(line), name: `${line} convicts` })),
    voids,
    show: String,
  });
}

function slowness(blocks: readonly BlockCase[], span: Span, voids: Voids): Markup {
  const bounds = new Set(blocks.flatMap(({ slow }) => slow?.bound ?? []));
  const [bound = 0] = bounds;
  const what =
    bounds.size > 1
      ? 'slow requests (the bound is in the table)'
      : `requests slower than ${bound} ms`;
  return shares(what, blocks, span, voids, ({ slow }) => [slow?.canary, slow?.primary]);
}

type Both = readonly [canary: Counts | null | undefined, primary: Counts | null | undefined];

function shares(
  what: string,
  blocks: readonly BlockCase[],
  span: Span,
  voids: Voids,
  of: (block: BlockCase) => Both,
): Markup {
  const series = (['canary', 'primary'] as const).map((name, i): Series => {
    const points = blocks.map((block) => [Date.parse(block.to), shareOf(of(block)[i])] as const);
    return { name, style: STYLES[i] ?? 'third', points };
  });
  return timeChart({
    ...span,
    title: `Share of ${what}, of each version in each block`,
    summary: `Shares of ${what}; the numbers are in the table of blocks.`,
    series,
    voids,
    show: (value) => `${Number(value.toPrecision(3))} %`,
  });
}

/** In percent; undefined without requests. */
function shareOf(counts: Counts | null | undefined): number | undefined {
  return counts && counts.requests > 0 ? (100 * counts.bad) / counts.requests : undefined;
}
