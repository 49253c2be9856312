import { formatDuration } from '../../api/duration.ts';
import type { Counts, Tolerance } from './evidence.ts';
import type { GuardParameters } from './parameters.ts';
import type { Hold, Ruling } from './ruling.ts';
import type { Accusation } from './state.ts';

/**
 * The ruling in one line for a person, with its numbers.
 *
 * @param counted what they are numbers of, as `unitsText` has it.
 */
export function lineOf(
  ruling: Ruling,
  parameters: GuardParameters,
  counted: string = 'requests',
): string {
  switch (ruling.outcome) {
    case 'rollback': {
      const { score, line } = ruling.accusation;
      const evidence = `evidence ${score.toFixed(1)} >= ${line.toFixed(1)}`;
      return `ROLLBACK: ${charge(ruling.accusation, parameters, counted)}; ${evidence} ${after(ruling.accusation)}`;
    }
    case 'hold':
      return `HOLD: ${reason(ruling.why, parameters, counted)}`;
    case 'pass':
      return 'PASS: the canary is within the tolerance of the guard';
  }
}

/** Whether a verdict is a conviction in the guard's words. */
export function isConviction(line: string): boolean {
  return /^ROLLBACK: .*; evidence [\d.]+ >= [\d.]+ after /.test(line);
}

function reason(why: Hold, parameters: GuardParameters, counted: string): string {
  switch (why.reason) {
    case 'primary-out':
      return `primary is out of SLO itself (${percent(shareOf(why.primary))} errors) - shared outage`;
    case 'no-samples':
      return `no new samples of the ${why.missing.join(' and the ')} arrive in the metrics store`;
    case 'no-traffic':
      return `no traffic reaches the canary: 0 of about ${Math.round(why.expected)} expected ${counted}`;
    case 'few-requests':
      return scarcity(why.served, why.needed, counted);
    case 'suspicion': {
      const { score, line } = why.accusation;
      const evidence = `evidence ${score.toFixed(1)} of ${line.toFixed(1)}`;
      return `suspicion: ${charge(why.accusation, parameters, counted)}; ${evidence} ${after(why.accusation)}`;
    }
  }
}

function scarcity(served: number, needed: number, counted: string): string {
  const missing = Math.ceil(needed - served);
  const ways = 'wait, make some with a load-test webhook, or lower spec.analysis.guard.minRequests';
  return `${Math.floor(served)}/${needed} canary ${counted}; ${missing} missing in this step: ${ways}`;
}

/** What speaks against the canary: both versions' numbers, and what is allowed. */
function charge(accusation: Accusation, parameters: GuardParameters, counted: string): string {
  const { signal, bound = 0, canary, primary } = accusation;
  const [ours, theirs] = [shareOf(canary), shareOf(primary)];
  const failed = counted === 'requests' ? '5xx' : `failed ${counted}`;
  switch (signal) {
    case 'errors':
      return `${failed} ${ratio(canary)} vs primary ${ratio(primary)}, allowed ${limit(parameters.errors, theirs)}`;
    case 'slo':
      return `${failed} ${ratio(canary)}, allowed ${percent(parameters.errors?.budget ?? 0)} by the SLO`;
    case 'latency':
      return `${percent(ours)} of canary requests slower than ${bound} ms vs ${percent(theirs)}, allowed ${limit(parameters.latency, theirs)}`;
  }
}

function limit(tolerance: Tolerance | undefined, primary: number): string {
  if (tolerance === undefined) return percent(primary);
  return percent(Math.min(1, tolerance.ratio * primary + tolerance.difference));
}

function ratio(counts: Counts): string {
  const { requests, bad } = counts;
  return `${Math.round(bad)}/${Math.round(requests)} (${percent(shareOf(counts))})`;
}

function shareOf({ requests, bad }: Counts): number {
  return requests > 0 ? bad / requests : 0;
}

/** Short, but what is not nothing never looks like nothing, nor what is not all like all. */
function percent(share: number): string {
  const value = 100 * share;
  if (value >= 10) return `${Number((value < 100 ? Math.min(value, 99.9) : value).toFixed(1))}%`;
  if (value >= 1) return `${value.toFixed(1)}%`;
  if (value >= 0.005 || value === 0) return `${value === 0 ? '0' : value.toFixed(2)}%`;
  return `${Number(value.toPrecision(1))}%`;
}

function after({ since, at }: Accusation): string {
  const elapsed = at - since;
  return `after ${elapsed < 120_000 ? `${Math.round(elapsed / 1000)} s` : formatDuration(elapsed)}`;
}
