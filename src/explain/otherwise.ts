import { unitsText } from '../api/counted-units.ts';
import { advance } from '../judge/guard/advance.ts';
import { type Block, type VersionCounts, usable } from '../judge/guard/block.ts';
import { isConviction } from '../judge/guard/line.ts';
import type { GuardParameters } from '../judge/guard/parameters.ts';
import type { Pinned } from '../judge/guard/pins.ts';
import { rule } from '../judge/guard/ruling.ts';
import type { Accusation, GuardState } from '../judge/guard/state.ts';
import { checksOtherwise } from './check-otherwise.ts';
import type { CheckCase } from './check-case.ts';
import { endedRollout } from './ended-rollout.ts';
import type { Known } from './known.ts';
import type { Replay } from './replay.ts';

/** What would have had to be different for another outcome, a sentence each. */
export function otherwise(
  known: Known,
  pinned: Pinned | undefined,
  replay: Replay | undefined,
  checks: readonly CheckCase[],
): string[] {
  const found = [
    ...(pinned && replay ? guardOtherwise(pinned, replay, unitsText(known.canary.spec)) : []),
    ...checksOtherwise(known, checks),
  ];
  return [...otherReason(known, replay, checks), ...found];
}

/** Where neither the guard nor a metric took it back, nothing of them would have changed that. */
function otherReason(
  { canary }: Known,
  replay: Replay | undefined,
  checks: readonly CheckCase[],
): string[] {
  const { outcome, reason = '' } = (canary.status && endedRollout(canary.status)) ?? {};
  const isTheirs =
    replay?.last.state.conviction !== undefined ||
    isConviction(`ROLLBACK: ${reason}`) ||
    checks.some(({ stored, replayed }) =>
      [stored, replayed].some((one) => one?.outcome === 'fail'),
    );
  return outcome !== 'failed' || isTheirs
    ? []
    : [`Neither the guard nor a metric took it back, but: ${reason}`];
}

function guardOtherwise({ parameters }: Pinned, replay: Replay, counted: string): string[] {
  const blocks = replay.blocks.flatMap(({ block }) => block ?? []);
  if (blocks.length === 0) return [];
  const start = replay.blocks.findLast(({ block }) => block === undefined)?.after ?? replay.first;
  const played: Played = { blocks, first: start.state, parameters, counted };
  const ruling = rule(replay.last.state, parameters);
  if (ruling.outcome === 'rollback') return acquittal(played, ruling.accusation);
  if (ruling.outcome === 'pass') return conviction(played);
  const { why } = ruling;
  if (why.reason === 'suspicion')
    return [...clearance(played, replay.last.state), ...conviction(played)];
  if (why.reason === 'few-requests') {
    const more = Math.ceil(why.needed - why.served);
    return [
      `With ${more} more ${counted} to the canary in this step, the guard would not hold it.`,
    ];
  }
  return [];
}

interface Played {
  readonly blocks: readonly Block[];
  readonly first: GuardState;
  readonly parameters: GuardParameters;
  /** What its numbers are of. */
  readonly counted: string;
}

function stateAfter({ first, parameters }: Played, blocks: readonly Block[]): GuardState {
  return blocks.reduce((state, block) => advance(state, block, parameters), first);
}

/** How many bad requests fewer, spread as they were, the guard would have let pass until then. */
function acquittal(played: Played, accusation: Accusation): string[] {
  const { signal, since, canary, bound } = accusation;
  const total = Math.round(canary.bad);
  const isAcquitted = (fewer: number) => {
    const kept = Math.max(0, 1 - fewer / total);
    const blocks = played.blocks.map((block) =>
      block.to > since ? withBad(block, kept, signal) : block,
    );
    return stateAfter(played, blocks).conviction === undefined;
  };
  const fewer = least(total, isAcquitted);
  if (fewer === undefined) return [];
  const what =
    signal === 'latency' ? `requests slower than ${bound} ms` : `failed ${played.counted}`;
  const [left, all] = [total - fewer, Math.round(canary.requests)];
  return [
    `With ${fewer} of the canary's ${total} ${what} fewer, spread as they were, that is with ${left} of ${all}, the guard would not have convicted by then.`,
  ];
}

function withBad(block: Block, kept: number, signal: Accusation['signal']): Block {
  const { canary } = block;
  if (canary === undefined) return block;
  if (signal !== 'latency') return { ...block, canary: { ...canary, bad: canary.bad * kept } };
  return { ...block, canary: faster(canary, kept) };
}

/** Only a part of the requests that were slower than a bound still are, whatever the bound. */
function faster(canary: VersionCounts, kept: number): VersionCounts {
  const { durations } = canary;
  if (durations === undefined) return canary;
  const { requests } = durations;
  const within = durations.within.map(([bound, below]): readonly [number, number] => [
    bound,
    requests - (requests - below) * kept,
  ]);
  return { ...canary, durations: { requests, within } };
}

/** How many failed requests in its last step would have convicted a canary that was let pass. */
function conviction(played: Played): string[] {
  const { blocks } = played;
  const step = blocks.at(-1)?.step;
  const isLast = (block: Block) => block.step === step && !block.isVoid;
  const all = blocks.filter(isLast).flatMap(({ canary }) => usable(canary) ?? []);
  const requests = Math.round(all.reduce((sum, counts) => sum + counts.requests, 0));
  const failed = Math.round(all.reduce((sum, counts) => sum + counts.bad, 0));
  if (played.parameters.errors === undefined || requests === 0) return [];
  const isConvicted = (bad: number) => {
    const changed = blocks.map((block) =>
      isLast(block) ? withShare(block, bad / requests) : block,
    );
    return stateAfter(played, changed).conviction !== undefined;
  };
  const bad = least(requests, isConvicted);
  const now = `${failed} of its ${requests} ${played.counted} in the last step failed`;
  if (bad === undefined) {
    return [`${now}; even if all had, they would have been too few for the guard to convict by.`];
  }
  return [`${now}; with about ${bad}, spread evenly, the guard would have convicted.`];
}

function withShare(block: Block, share: number): Block {
  const canary = usable(block.canary);
  return canary === undefined
    ? block
    : { ...block, canary: { ...canary, bad: canary.requests * share } };
}

/** How many requests that fail no more often than the primary's would end a suspicion. */
function clearance(played: Played, suspected: GuardState): string[] {
  const { blocks, parameters } = played;
  const recent = blocks.filter(({ isVoid }) => !isVoid).slice(-RECENT);
  const [canary, primary] = [meanOf(recent, 'canary'), meanOf(recent, 'primary')];
  const last = blocks.at(-1);
  if (last === undefined || canary.requests <= 0) return [];
  const share = primary.requests > 0 ? primary.bad / primary.requests : 0;
  let state = suspected;
  for (let n = 1; n <= MOST_BLOCKS; n += 1) {
    const from = state.block;
    const healthy = { requests: canary.requests, bad: canary.requests * share };
    const block: Block = {
      ...last,
      from,
      to: from + last.to - last.from,
      isVoid: false,
      canary: healthy,
      primary,
    };
    state = advance(state, block, parameters);
    const ruling = rule(state, parameters);
    if (ruling.outcome === 'hold' && ruling.why.reason === 'suspicion') continue;
    if (ruling.outcome === 'rollback') return [];
    const requests = Math.round(n * canary.requests);
    return [
      `About ${requests} more ${played.counted} to the canary that fail no more often than the primary's, in ${n} blocks at its present traffic, would end the suspicion.`,
    ];
  }
  return [
    `At its present traffic more than ${MOST_BLOCKS} blocks would pass before the suspicion ends.`,
  ];
}

const RECENT = 12;
const MOST_BLOCKS = 720;

function meanOf(blocks: readonly Block[], version: 'canary' | 'primary') {
  const found = blocks.flatMap((block) => usable(block[version]) ?? []);
  const mean = (of: (counts: VersionCounts) => number) =>
    found.length === 0 ? 0 : found.reduce((sum, counts) => sum + of(counts), 0) / found.length;
  return { requests: mean(({ requests }) => requests), bad: mean(({ bad }) => bad) };
}

/** The least whole number from 1 to `most` of which a property holds that is never lost again. */
function least(most: number, holds: (n: number) => boolean): number | undefined {
  if (most < 1 || !holds(most)) return undefined;
  let [below, above] = [0, most];
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (holds(middle)) above = middle;
    else below = middle;
  }
  return above;
}
