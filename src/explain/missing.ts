import { unitsOf, unitsText } from '../api/counted-units.ts';
import { formatDuration } from '../api/duration.ts';
import { usable } from '../judge/guard/block.ts';
import { lineOf } from '../judge/guard/line.ts';
import type { Pinned } from '../judge/guard/pins.ts';
import { rule } from '../judge/guard/ruling.ts';
import type { CheckCase } from './check-case.ts';
import type { GuardCase } from './guard-case.ts';
import { isUnread, type Known } from './known.ts';
import type { Replay } from './replay.ts';
import { timeText } from './timeline.ts';

/** What evidence there was not, and why, a sentence each. */
export function missing(
  known: Known,
  pinned: Pinned | undefined,
  replay: Replay | undefined,
  checks: readonly CheckCase[],
  guard: Pick<GuardCase, 'isStoredVerdict'>,
): string[] {
  return [
    ...weightsNotKept(known, pinned),
    ...(isUnread(known.counted) ? [`${known.counted.why}.`] : []),
    ...(pinned && replay ? lostSamples(known, pinned, replay) : []),
    ...(replay ? notWeighed(replay) : []),
    ...(pinned && replay ? notCompared(known, pinned, replay) : []),
    ...(pinned && replay ? doubt(known, pinned, replay) : []),
    ...checks.flatMap(withoutValue),
    ...(guard.isStoredVerdict === false ? [DISAGREEMENT] : []),
  ];
}

const DISAGREEMENT =
  'The replayed evidence is not that of the stored verdict: the store gives other samples now than it gave then (dropped, merged or downsampled ones), or the controller has yet to act.';

function weightsNotKept({ canary }: Known, pinned: Pinned | undefined): string[] {
  const { peakWeight = 0 } = canary.status!;
  if (pinned !== undefined || peakWeight === 0) return [];
  return [`The canary had up to ${peakWeight} %; when it had which weight only the guard keeps.`];
}

/** A store keeps its samples for a while only: what is gone must not look like silence. */
function lostSamples(known: Known, { clockMs, endedAt }: Pinned, replay: Replay): string[] {
  const { keptFrom, store, canary } = known;
  const from = replay.first.block;
  const unknown = replay.blocks.filter(({ block }) => block === undefined).length;
  const isSampled = replay.blocks.some(({ block }) => block?.canary ?? block?.primary);
  const beyond =
    unknown === 0 ? [] : [`the first ${unknown} blocks lie further back than this command reads`];
  if (replay.blocks.length === 0) return beyond.map(sentence);
  if (!isSampled) {
    const { name } = canary.spec.targetRef;
    const both = known.workloads?.join(' or ') ?? `${name} or its primary`;
    if (keptFrom !== undefined) {
      return [`${store} has samples of that time, but none of ${both}.`];
    }
    const span = `from ${timeText(from, clockMs)} to ${timeText(endedAt ?? replay.last.block, clockMs)}`;
    return [
      `${store} has no sample of ${both}, nor even of up ${span}: it no longer keeps them, or never had them.`,
    ];
  }
  // A minute: what was scraped last before that is still found.
  if (keptFrom !== undefined && keptFrom > from + 60_000) {
    const since = timeText(keptFrom, clockMs);
    beyond.push(
      `${store} has no samples before ${since}: what was counted earlier is gone, and the evidence here begins there`,
    );
  }
  return beyond.map(sentence);
}

function notWeighed({ blocks, first }: Replay): string[] {
  const voids = blocks.filter(({ block }) => block?.isVoid === true).length;
  const silent = (version: 'canary' | 'primary') =>
    blocks.filter(({ block }) => block !== undefined && usable(block[version]) === undefined)
      .length;
  const [canary, primary] = [silent('canary'), silent('primary')];
  if (blocks.every(({ block }) => block === undefined)) return [];
  const all = blocks.length;
  const { seen } = blocks.at(-1)?.after.state ?? first.state;
  const of = (version: string, n: number, isSeen: boolean) =>
    n === 0
      ? []
      : [
          `${n} of ${all} blocks have no sample of the ${version}${isSeen ? '' : ', which was never sampled at all'}`,
        ];
  return [
    ...(voids === 0 ? [] : [`${voids} of ${all} blocks are void: a weight changed in them`]),
    ...of('canary', canary, seen.canary),
    ...of('primary', primary, seen.primary),
  ].map(sentence);
}

function notCompared(
  { canary }: Known,
  { parameters }: Pinned,
  { blocks, last }: Replay,
): string[] {
  const { errors, latency } = parameters;
  if (blocks.length === 0) return [];
  if (errors === undefined) return ['Errors were not compared: spec.analysis.guard.errors is off.'];
  if (!unitsOf(canary.spec).includes('requests'))
    return ['Durations were not compared: connections over TCP have none.'];
  if (latency === undefined)
    return ['Durations were not compared: spec.analysis.guard.latency is off.'];
  if (last.state.latency.length > 0) return [];
  const wasWarm = blocks.some(({ block }) => block?.isWarm === true);
  return [
    wasWarm
      ? 'Durations were not compared: there was no block in which both versions had any.'
      : `Durations were not compared: the canary was not ready for longer than ${formatDuration(latency.warmupMs)} (spec.analysis.guard.latency.warmup).`,
  ];
}

/** What the guard itself says is missing as of the last block. */
function doubt({ canary }: Known, { parameters }: Pinned, { blocks, last }: Replay): string[] {
  if (blocks.length === 0) return [];
  const ruling = rule(last.state, parameters);
  const isDoubt = ruling.outcome === 'hold' && ruling.why.reason !== 'suspicion';
  return isDoubt
    ? [sentence(lineOf(ruling, parameters, unitsText(canary.spec)).replace(/^HOLD: /, ''))]
    : [];
}

function withoutValue({ name, stored, replayed, why }: CheckCase): string[] {
  const found = stored ?? replayed;
  if (found?.measured !== undefined) return [];
  const reason =
    found?.message ?? why?.replace(/^not asked again: /, '') ?? 'nobody has measured it yet';
  return [`${name} has no value: ${reason}.`];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}
