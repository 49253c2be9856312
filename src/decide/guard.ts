import { isDeepStrictEqual } from 'node:util';
import type { GuardPins } from '../api/guard-pins.ts';
import type { CanaryStatus } from '../api/status.ts';
import { endWith, hold, reasonIn, type Move } from './move.ts';
import type { GuardSeen, Verdict } from './observation.ts';
import { timeOf, timeText, type Situation } from './situation.ts';

/** The guard has enough evidence: the canary goes at once, whatever the checks will say. */
export function guardConvicts(s: Situation): Move | undefined {
  const ruling = s.seen.guard?.ruling;
  if (ruling?.outcome !== 'rollback' || !isCompared(s.status)) return undefined;
  return endWith(s, 'failed', reasonIn(ruling.line));
}

/**
 * The verdict of the checks beside the guard's: where those pass, the guard may still hold; and while
 * the primary breaks its SLO as well, nothing that is measured of the canary accuses it.
 */
export function besideGuard(verdict: Verdict, guard: GuardSeen | undefined): Verdict {
  const ruling = guard?.ruling;
  if (ruling?.outcome !== 'hold') return verdict;
  const isHeld = verdict.outcome === 'pass' || ruling.isSharedOutage;
  return isHeld ? { ...verdict, outcome: 'hold', line: ruling.line } : verdict;
}

/** What still keeps an analysis that is passed from its promotion. */
export function guardHolds(s: Situation): Move | undefined {
  const ruling = s.seen.guard?.ruling;
  return ruling?.outcome === 'hold' ? hold(s, 'evidence', reasonIn(ruling.line)) : undefined;
}

/**
 * When the first weight is to leave, so that every proxy obeys it as a block begins: what a new version
 * does wrong in the rest of a block counts for nothing, and costs requests. Less than a block away; now
 * where nothing is compared.
 */
export function firstWeightAt({ seen, now }: Situation): number {
  const { edgeMs, clockMs = 0 } = seen.guard?.basis ?? {};
  if (edgeMs === undefined) return now;
  const carriedAt = now + WRITTEN_MS + seen.mesh.convergenceMs + clockMs;
  return now + Math.ceil(carriedAt / edgeMs) * edgeMs - carriedAt;
}

/** Until a route that was decided is written and read back, in company too: a block missed is five seconds. */
const WRITTEN_MS = 1500;

/** From the start of a rollout until the primary gets the new version: then there is no way back. */
export function isCompared({ phase }: CanaryStatus): boolean {
  return phase === 'Progressing' || phase === 'WaitingPromotion';
}

/**
 * What of the plan the guard's evidence follows from: its rules, and when the canary got which share.
 * A new rollout begins without any; after the last weight it stays for people to read.
 */
export function pinnedAfter(
  before: CanaryStatus,
  after: CanaryStatus,
  basis: GuardPins | undefined,
  now: number,
): GuardPins | undefined {
  const isNew = after.startedAt !== before.startedAt;
  const pins = isNew ? undefined : after.guard;
  if (!isCompared(after)) return isCompared(before) ? ended(pins, now) : pins;
  const ruled = withRules(pins, basis);
  if (ruled === undefined || ruled.sitsOut !== undefined) return ruled;
  const shifted = withShift(ruled, isNew ? undefined : before, after, now);
  return shifted.start === undefined ? pins : shifted;
}

/** What the counters say from then on nobody has judged: whoever replays the rollout ends here. */
function ended(pins: GuardPins | undefined, now: number): GuardPins | undefined {
  const start = timeOf(pins?.start);
  return pins === undefined || start === undefined ? pins : { ...pins, ended: now - start };
}

/** An edited spec counts at once, on all that was counted so far; the grid stays where it is. */
function withRules(pins: GuardPins | undefined, basis: GuardPins | undefined) {
  if (pins === undefined || basis === undefined) return pins ?? basis;
  const isOther = pins.version !== basis.version || pins.sitsOut !== basis.sitsOut;
  if (isOther) return basis;
  const { alpha, minRequests, errors, latency } = basis;
  const ruled = Object.entries({ ...pins, alpha, minRequests, errors, latency });
  const kept = Object.fromEntries(ruled.filter(([, value]) => value !== undefined)) as GuardPins;
  return isDeepStrictEqual(kept, pins) ? pins : kept;
}

const NOT_YET = -1;
/** More are not kept: evidence then begins with the newest. */
const MOST_SHIFTS = 200;

function withShift(
  pins: GuardPins,
  before: CanaryStatus | undefined,
  after: CanaryStatus,
  now: number,
): GuardPins {
  const { step, stage } = after;
  if (step === undefined) return pins;
  const { start, shifts = [] } = pins;
  if (start === undefined) return begun(pins, after, now);
  const isWritten = stage === 'shift' && before?.stage !== 'shift';
  if (!isWritten && step.weight === shifts.at(-1)?.[1]) {
    const isCarried = stage === 'analyse' && before?.stage === 'shift';
    return isCarried ? carried(pins, timeOf(step.since) ?? now) : pins;
  }
  if (shifts.length >= MOST_SHIFTS) return begun(pins, after, now);
  const shift = [step.index, step.weight, now - timeOf(start)];
  return { ...pins, shifts: written(shifts, shift, isFresh(before)) };
}

/** With the first weight. A rollout that is under way already counts from now on. */
function begun(pins: GuardPins, { step, stage }: CanaryStatus, now: number): GuardPins {
  if (step === undefined || step.weight === 0 || stage === 'scale-up') return pins;
  const obeyed = stage === 'shift' ? NOT_YET : 0;
  return { ...pins, start: timeText(now), shifts: [[step.index, step.weight, 0, obeyed, 1]] };
}

/** Every proxy obeys the newest weight from then on. */
function carried(pins: GuardPins, since: number): GuardPins {
  const { start = '', shifts = [] } = pins;
  const last = shifts.at(-1);
  if (last?.[3] !== NOT_YET) return pins;
  return { ...pins, shifts: [...shifts.slice(0, -1), last.with(3, since - timeOf(start))] };
}

/** Pods that came for this weight have yet to warm up. */
function isFresh(before: CanaryStatus | undefined): boolean {
  return before?.stage === 'scale-up';
}

/**
 * A weight that nobody knows to have been carried is not worth a place of its own: what is uncertain
 * began when it was written, and ends when the next is carried.
 */
function written(
  shifts: readonly (readonly number[])[],
  [step = 0, weight = 0, at = 0]: readonly number[],
  fresh: boolean,
): number[][] {
  const last = shifts.at(-1);
  const isOpen = last?.[3] === NOT_YET;
  const since = isOpen ? (last[2] ?? at) : at;
  const fits = isOpen ? shifts.slice(0, -1) : shifts;
  const flag = fresh || (isOpen && last[4] === 1) ? [1] : [];
  return [...fits.map((shift) => [...shift]), [step, weight, since, NOT_YET, ...flag]];
}
