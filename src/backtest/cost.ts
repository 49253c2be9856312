import { shareInterval } from '../decide/weights.ts';
import { slowerThan } from '../judge/guard/block.ts';
import type { Counts } from '../judge/guard/evidence.ts';
import { guardParameters } from '../judge/guard/parameters.ts';
import { type BothCounts, countsWithin, edgeBefore, edgesWithin, type History } from './history.ts';
import { type Policy, replayable } from './policy.ts';
import type { Charge, Replayed } from './replay.ts';
import type { PastRollout } from './rollouts.ts';

/** What a verdict would have cost, in requests to the canary that failed in history. */
export interface Cost {
  /** Failed until the verdict: what it cost to come no sooner. */
  readonly failedUntil: number;
  /** Failed after it, until the canary's requests ended: a rollback spares them. */
  readonly failedAfter: number;
  /**
   * - `likely-false-alarm`: a rollback of a canary that was, in the whole of its rollout, no worse
   *   than the primary in what it was taken back for; what failed after it, it spared nobody;
   * - `likely-miss`: the promotion of a canary that failed more often than the guard allows beside the
   *   primary, by more than chance explains.
   */
  readonly likely?: 'likely-false-alarm' | 'likely-miss';
}

export function costOf(
  history: History,
  rollout: PastRollout,
  policy: Policy,
  replayed: Replayed,
): Cost {
  const whole = { after: rollout.from, until: rollout.to };
  const all = countsWithin(history, whole);
  const at = edgeBefore(history, replayed.at);
  const until = countsWithin(history, { after: rollout.from, until: Math.min(at, rollout.to) });
  const isFalse =
    replayed.outcome === 'rollback' && isNoWorse(history, rollout, replayed.charge ?? ON_ERRORS);
  const isMissed = replayed.outcome === 'promote' && isBeyond(all, policy);
  return {
    failedUntil: until.canary.bad,
    failedAfter: all.canary.bad - until.canary.bad,
    ...(isFalse ? { likely: 'likely-false-alarm' as const } : {}),
    ...(isMissed ? { likely: 'likely-miss' as const } : {}),
  };
}

const ON_ERRORS: Charge = { of: 'errors' };

/** In the whole of the rollout, of what it was taken back for. */
function isNoWorse(history: History, rollout: PastRollout, charge: Charge): boolean {
  if (charge.of === 'other') return false;
  const whole = { after: rollout.from, until: rollout.to };
  if (charge.of === 'errors') {
    const { canary, primary } = countsWithin(history, whole);
    return primary.requests > 0 && shareOf(canary) <= shareOf(primary);
  }
  if (charge.bound !== undefined) return isNoSlower(history, rollout, charge.bound);
  const measured = history.measure('request-duration', whole);
  if (measured.kind !== 'value' || measured.primary?.kind !== 'value') return false;
  return measured.value <= measured.primary.value;
}

function isNoSlower(history: History, { from, to }: PastRollout, bound: number): boolean {
  const edges = edgesWithin(history, { after: from, until: to });
  const slow = (version: 'canary' | 'primary'): Counts => {
    const found = edges.flatMap((edge) => {
      const durations = edge[version]?.durations;
      return (durations && slowerThan(bound, durations)) ?? [];
    });
    return {
      requests: found.reduce((sum, { requests }) => sum + requests, 0),
      bad: found.reduce((sum, { bad }) => sum + bad, 0),
    };
  };
  const [canary, primary] = [slow('canary'), slow('primary')];
  return primary.requests > 0 && shareOf(canary) <= shareOf(primary);
}

/** Whether the least share that chance lets expect of it is more than what the guard allows. */
function isBeyond({ canary, primary }: BothCounts, policy: Policy): boolean {
  if (canary.requests <= 0 || primary.requests <= 0) return false;
  const { guard, ...analysis } = replayable(policy).spec.analysis;
  const on = { ...guard, enabled: true, errors: { ...guard.errors, enabled: true } };
  const { ratio = 1, difference = 0 } = guardParameters({ ...analysis, guard: on })?.errors ?? {};
  return shareInterval(canary.bad, canary.requests).from > ratio * shareOf(primary) + difference;
}

function shareOf({ requests, bad }: Counts): number {
  return requests > 0 ? bad / requests : 0;
}
