import { isSweptMetric } from '../api/builtin-metrics.ts';
import { formatDuration } from '../api/duration.ts';
import type { Counts } from '../judge/guard/evidence.ts';
import type { GuardRules } from './guard-case.ts';

/** `12/240 (5%)`; a version of which no sample was taken is not one without requests. */
export function countsText(counts: Counts | null): string {
  if (counts === null) return 'no sample';
  const { requests, bad } = counts;
  const share = requests > 0 ? ` (${percent(bad / requests)})` : '';
  return `${Math.round(bad)}/${Math.round(requests)}${share}`;
}

/** `5% of 240`. */
export function shareText({ requests, bad }: Counts): string {
  return requests > 0 ? `${percent(bad / requests)} of ${Math.round(requests)}` : '0';
}

/** How a replayed conviction stands to what the controller stored. */
export function agreementText(isStoredVerdict: boolean): string {
  return isStoredVerdict
    ? 'Replayed from the counters, it is the stored verdict to the letter.'
    : 'Replayed from the counters, this is not the verdict that is stored: see what was missing.';
}

/** What a query of a built-in metric answers with, where that is not the value itself. */
export function answerText(metric: string): string {
  return isSweptMetric(metric) && metric !== 'request-duration'
    ? ' (it gives requests by how they ended)'
    : '';
}

/**
 * By what the guard judges, a sentence each.
 *
 * @param counted what failures are of, as `unitsText` has it.
 */
export function rulesText(rules: GuardRules, counted: string): string[] {
  const { blockMs, line, suspicion, errors, latency, minRequests } = rules;
  const times = ({ ratio, difference }: { ratio: number; difference: number }) =>
    `${ratio} times the primary's share and ${percent(difference)} on top`;
  return [
    `Blocks of ${formatDuration(blockMs)}; evidence of ${line.toFixed(1)} convicts${ofDurations(line, latency?.line)}, from ${suspicion.toFixed(1)} on no weight rises.`,
    ...(errors === undefined
      ? []
      : [`Allowed of failed ${counted}: ${times(errors)}${slo(errors.slo)}.`]),
    ...(latency === undefined ? [] : [`Allowed of slow requests: ${times(latency)}.`]),
    ...(minRequests === 0 ? [] : [`A step needs ${minRequests} ${counted} to the canary.`]),
  ];
}

function ofDurations(line: number, slowness: number | undefined): string {
  const isOther = slowness !== undefined && slowness.toFixed(1) !== line.toFixed(1);
  return isOther ? ` (${slowness.toFixed(1)} by durations)` : '';
}

function slo(share: number | undefined): string {
  return share === undefined ? '' : `; the SLO is ${percent(share)}`;
}

/** Two digits that count: what is not nothing never looks like nothing. */
function percent(share: number): string {
  const value = 100 * share;
  return `${value > 90 && value < 100 ? Number(value.toFixed(3)) : Number(value.toPrecision(2))}%`;
}
