import type { Canary } from '../../api/canary.ts';
import type { GuardPins } from '../../api/guard-pins.ts';
import type { CounterGrid } from '../../ports/telemetry.ts';
import { sitsOut } from './audience.ts';
import { type Grid, gridOf, type Shift } from './grid.ts';
import { GUARD_VERSION, type GuardParameters, guardParameters, WEIGHING } from './parameters.ts';

/** All that evidence follows from, but for the weights; undefined where no guard is asked for. */
export function basisOf(canary: Canary, counters: CounterGrid): GuardPins | undefined {
  const parameters = guardParameters(canary.spec.analysis);
  if (parameters === undefined) return undefined;
  const { version, alpha, minRequests, errors, latency } = parameters;
  const why = sitsOut(canary);
  if (why !== undefined) return { version, sitsOut: why };
  const { edgeMs, scrapeMs, clockMs } = counters;
  const { blockMs } = gridOf(parameters.blockMs, scrapeMs, edgeMs);
  return {
    version,
    alpha,
    minRequests,
    ...(errors && { errors: defined(errors) }),
    ...(latency && { latency: { ...latency } }),
    edgeMs,
    blockMs,
    ...(clockMs === 0 ? {} : { clockMs }),
  };
}

/** As JSON keeps it. */
function defined({ budget, ...rest }: NonNullable<GuardParameters['errors']>) {
  return budget === undefined ? rest : { ...rest, budget };
}

/** What was pinned, as the guard computes with it. Times are those of the metrics store. */
export interface Pinned {
  readonly parameters: GuardParameters;
  readonly grid: Grid;
  readonly shifts: readonly PinnedShift[];
  /** The store's clock less the cluster's. */
  readonly clockMs: number;
  /** When nothing was compared any more; undefined while it is. */
  readonly endedAt: number | undefined;
}

export interface PinnedShift extends Shift {
  /** Whether pods that had just become ready came with it. */
  readonly isFresh: boolean;
}

/** Undefined where there is nothing to go by: no weight yet, versions that are not compared, other rules. */
export function pinnedOf(pins: GuardPins | undefined): Pinned | undefined {
  if (pins === undefined || pins.version !== GUARD_VERSION) return undefined;
  const { alpha, minRequests = 0, errors, latency, edgeMs, blockMs, clockMs = 0, ended } = pins;
  const start = Date.parse(pins.start ?? '') + clockMs;
  if (alpha === undefined || edgeMs === undefined || blockMs === undefined) return undefined;
  if (!(edgeMs > 0) || !(blockMs >= edgeMs) || Number.isNaN(start)) return undefined;
  const parameters = {
    ...WEIGHING,
    version: GUARD_VERSION,
    alpha,
    blockMs,
    minRequests,
    errors: errors && { ...errors, budget: errors.budget },
    latency,
  };
  const shifts = (pins.shifts ?? []).map((shift) => shiftOf(shift, start));
  const endedAt = ended === undefined ? undefined : start + ended;
  return { parameters, grid: { edgeMs, blockMs }, shifts, clockMs, endedAt };
}

function shiftOf(pinned: readonly number[], start: number): PinnedShift {
  const [step = 0, weight = 0, written = 0, carried = -1, fresh = 0] = pinned;
  const carriedAt = carried < 0 ? undefined : start + carried;
  return { step, weight, writtenAt: start + written, carriedAt, isFresh: fresh === 1 };
}
