import type { CanaryStatus } from '../../src/api/status.ts';

/**
 * Time passes in ticks. A tick is longer than the mesh needs to converge and to drain and than the
 * interval of the analysis; two ticks are longer than the 10 s after which an observation is too old.
 */
export const TICK_MS = 6000;
export const CONVERGENCE_MS = 2000;
export const DRAIN_MS = 4000;

/** `progressDeadlineSeconds` and `maxHold` of the small world's Canary. */
export const DEADLINE_MS = 12_000;

/** Every state is told as of this moment: what lies in the past is only kept as far as it matters. */
export const NOW = Date.UTC(2026, 10, 21, 9);

/** Longest pause within one look that makes a difference, in ticks. */
export const LONGEST_PAUSE = 3;

/** A status as it reads for whoever began to look `ticks` ago. */
export function shifted(status: CanaryStatus, ticks: number): CanaryStatus {
  return ticks === 0 ? status : mapTimes(status, (ms) => ms + ticks * TICK_MS);
}

/** The same as `normal`, one tick later. */
export function aged(status: CanaryStatus): CanaryStatus {
  return clamped(shifted(status, -1));
}

/**
 * A status that was written `elapsed` ticks after `NOW`, without what only people read; its times as
 * of `NOW`, and none older than it matters.
 */
export function normal(status: CanaryStatus, elapsed: number): CanaryStatus {
  const { checks: _, outbox: _outbox, messages: _messages, ...rest } = status;
  const conditions = rest.conditions.map((condition) => ({
    ...condition,
    lastUpdateTime: LONG_AGO,
    lastTransitionTime: LONG_AGO,
  }));
  const undated: CanaryStatus = {
    ...rest,
    conditions,
    ...(rest.startedAt !== undefined && { startedAt: LONG_AGO }),
    ...(rest.lastTransitionTime !== undefined && { lastTransitionTime: LONG_AGO }),
    ...(rest.history !== undefined && { history: [] }),
  };
  return clamped(shifted(undated, -elapsed));
}

const LONG_AGO = new Date(NOW - 3_600_000).toISOString();

/** Due is due; of clocks that run, only whether their deadline has passed; time held counts for none. */
function clamped(status: CanaryStatus): CanaryStatus {
  const { heldMs = 0, hold, ...rest } = status;
  const heldSince = hold === undefined ? NOW : Date.parse(hold.since);
  const oldest = NOW - DEADLINE_MS;
  const forgotten = Math.max(0, oldest - heldSince);
  const runsFrom = Math.max(oldest, heldSince);
  const held = hold && { hold: { ...hold, since: new Date(runsFrom).toISOString() } };
  return mapTimes({ ...rest, ...held }, (ms, field) => {
    if (field === 'hold') return ms;
    if (field !== 'stageSince') return Math.max(ms, NOW - (field === 'since' ? TICK_MS : 0));
    return Math.max(ms + heldMs + forgotten, runsFrom - DEADLINE_MS);
  });
}

type TimeField = 'since' | 'dueAt' | 'stageSince' | 'stageDueAt' | 'hold';

function mapTimes(
  status: CanaryStatus,
  map: (ms: number, field: TimeField) => number,
): CanaryStatus {
  const moved = (text: string, field: TimeField) =>
    new Date(map(Date.parse(text), field)).toISOString();
  const { step, hold, stageSince, stageDueAt } = status;
  return {
    ...status,
    ...(stageSince !== undefined && { stageSince: moved(stageSince, 'stageSince') }),
    ...(stageDueAt !== undefined && { stageDueAt: moved(stageDueAt, 'stageDueAt') }),
    ...(hold !== undefined && { hold: { ...hold, since: moved(hold.since, 'hold') } }),
    ...(step !== undefined && {
      step: {
        ...step,
        ...(step.since !== undefined && { since: moved(step.since, 'since') }),
        ...(step.dueAt !== undefined && { dueAt: moved(step.dueAt, 'dueAt') }),
      },
    }),
  };
}
