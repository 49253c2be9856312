import type { CountedSpan, CountedVersion } from '../../ports/telemetry.ts';
import type { StoredEvidence } from '../../ports/evidence.ts';
import { advance } from './advance.ts';
import { type Block, sum, type VersionCounts } from './block.ts';
import { firstEdge, isWarmFrom, type Slot, slotFrom } from './grid.ts';
import type { Pinned, PinnedShift } from './pins.ts';
import { type GuardState, newState, readState } from './state.ts';

/** Evidence on a rollout up to some block. */
export interface Evidence extends StoredEvidence {
  readonly state: GuardState;
}

/** Before the first block; undefined while no weight is carried. */
export function firstEvidence(pinned: Pinned, revision: string): Evidence | undefined {
  const from = firstEdge(pinned.shifts, pinned.grid);
  if (from === undefined) return undefined;
  return { block: from, shifts: 0, state: newState(pinned.parameters, revision, from) };
}

/**
 * What was stored, as far as it can be gone on from: it was damaged, or a weight has changed in a
 * block that somebody took for whole, who did not know of the change yet. Undefined: it begins anew.
 */
export function trusted(
  stored: StoredEvidence | undefined,
  { shifts }: Pinned,
  revision: string,
): Evidence | undefined {
  const state = readState(stored?.state, revision);
  if (stored === undefined || state === undefined || state.block !== stored.block) return undefined;
  const unknown = shifts[stored.shifts];
  if (stored.shifts > shifts.length) return undefined;
  if (unknown !== undefined && stored.shifts > 0 && unknown.writtenAt < stored.block) {
    return undefined;
  }
  return { ...stored, state };
}

/** The block that comes next; undefined while its end is not known. */
export function nextSlot({ block }: StoredEvidence, { shifts, grid }: Pinned): Slot | undefined {
  return slotFrom(block, shifts, grid);
}

/** The same evidence with every whole block of the span taken in. */
export function follow(before: Evidence, span: CountedSpan, pinned: Pinned): Evidence {
  let last = before;
  for (const { after } of blocksFollowed(before, span, pinned)) last = after;
  return last;
}

/** One block more, and what is known then. */
export interface Followed {
  readonly slot: Slot;
  /** Undefined: it lies before the span, so that nothing is known of it. */
  readonly block: Block | undefined;
  readonly after: Evidence;
}

/** Every whole block of the span, one after the other. */
export function* blocksFollowed(
  before: Evidence,
  span: CountedSpan,
  pinned: Pinned,
): Generator<Followed> {
  const last = span.edges.at(-1)?.to ?? span.from;
  let after = before;
  for (;;) {
    const slot = nextSlot(after, pinned);
    if (slot === undefined || slot.to > last) return;
    // Of a span that begins later than it was asked for, nothing is known of what lies before.
    const block = slot.from < span.from ? undefined : blockOf(slot, span, pinned);
    const state =
      block === undefined
        ? newState(pinned.parameters, after.state.revision, slot.to)
        : advance(after.state, block, pinned.parameters);
    after = { block: slot.to, shifts: pinned.shifts.length, state };
    yield { slot, block, after };
  }
}

function blockOf(
  slot: Slot,
  { from, edges }: CountedSpan,
  { grid, shifts, parameters }: Pinned,
): Block {
  const first = (slot.from - from) / grid.edgeMs;
  const within = edges.slice(first, first + (slot.to - slot.from) / grid.edgeMs);
  return {
    ...slot,
    isWarm: isWarmFrom(slot.from, readyAt(slot, shifts), parameters.latency?.warmupMs ?? 0),
    canary: sumOf(within.map(({ canary }) => canary)),
    primary: sumOf(within.map(({ primary }) => primary)),
  };
}

/** When pods last came that had to warm up; those that a later weight brings count from then. */
function readyAt({ from }: Slot, shifts: readonly PinnedShift[]): number | undefined {
  return shifts.findLast(({ isFresh, writtenAt }) => isFresh && writtenAt <= from)?.writtenAt;
}

function sumOf(counts: readonly (CountedVersion | undefined)[]): VersionCounts | undefined {
  return counts.reduce<VersionCounts | undefined>(sum, undefined);
}
