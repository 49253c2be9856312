import type { Canary } from '../api/canary.ts';
import { acceptedRange, type CanaryMetric, noDataPolicy } from '../api/metrics.ts';
import type { Check, CheckOutcome } from '../api/status.ts';
import type { Counts, Measurement } from '../ports/telemetry.ts';
import { comparison } from './comparison.ts';
import { type Limit, rangeLimit, rangeText } from './limits.ts';
import { countsText, isSuccessRate, quantity, unitOf } from './quantities.ts';

/** One metric of the analysis, judged. */
export interface Judged {
  readonly check: Check;
  /** For the line of the verdict: what was measured and how it stands, or why nothing was. */
  readonly clause: string;
  /** Whether the rollout depends on it. */
  readonly decides: boolean;
  /** Requests and failures of both versions, where it is failures that the metric counts. */
  readonly counts: Counts | undefined;
}

/**
 * Every metric of the analysis against what was measured of it, both in the order of the spec: a
 * name may stand there twice, with windows or bounds that differ.
 */
export function checksOf(canary: Canary, measured: readonly Measurement[]): Check[] {
  return judgedOf(canary, measured).map(({ check }) => check);
}

/** The same, with what the verdict's line needs. */
export function judgedOf(canary: Canary, measured: readonly Measurement[]): Judged[] {
  return canary.spec.analysis.metrics.map((metric, i) => {
    const judged = judge(metric, measured[i] ?? unmeasured(metric));
    return metric.dryRun ? asDryRun(judged) : judged;
  });
}

function unmeasured({ name }: CanaryMetric): Measurement {
  return { kind: 'error', why: `${name} was not measured`, outage: false };
}

function judge(metric: CanaryMetric, measurement: Measurement): Judged {
  switch (measurement.kind) {
    case 'value':
      return judgeValue(metric, measurement);
    case 'no-data':
      return withoutValue(metric, noDataPolicy(metric), measurement.why);
    case 'pending':
    case 'error':
      // Our own failure is no evidence, whatever the metric's policy on missing data (DESIGN, law 6).
      return withoutValue(metric, 'hold', measurement.why);
  }
}

function withoutValue(metric: CanaryMetric, outcome: CheckOutcome, why: string): Judged {
  const check = {
    name: metric.name,
    ...allowedField(rangeText(metric, acceptedRange(metric))),
    outcome,
    message: cut(why),
  };
  return { check, clause: why, decides: true, counts: undefined };
}

type Value = Extract<Measurement, { kind: 'value' }>;

function judgeValue(metric: CanaryMetric, measurement: Value): Judged {
  const { value, counts } = measurement;
  const range = acceptedRange(metric);
  const limits = [rangeLimit(metric, range, value), comparison(metric, measurement)].filter(
    (limit) => limit !== undefined,
  );
  const decisive = mostSevere(limits);
  const edges = limits.flatMap((limit) => limit.edges ?? []);
  const shown = quantity(value, unitOf(metric), edges);
  const check = {
    name: metric.name,
    measured: cut(`${shown}${measuredOf(metric, counts)}`, 256),
    ...allowedField(limits.map(({ allowed }) => allowed).join(', ')),
    outcome: decisive.outcome,
    ...(decisive.message === undefined ? {} : { message: cut(decisive.message) }),
  };
  const clause = `${metric.name} ${shown}${countsText(metric, counts?.canary)}${decisive.relation}`;
  return { check, clause, decides: true, counts: isSuccessRate(metric) ? counts : undefined };
}

const UNBOUNDED: Limit = { outcome: 'pass', allowed: '', relation: '' };

function mostSevere(limits: readonly Limit[]): Limit {
  const having = (outcome: CheckOutcome) => limits.find((limit) => limit.outcome === outcome);
  return having('fail') ?? having('hold') ?? limits[0] ?? UNBOUNDED;
}

function allowedField(allowed: string): { allowed?: string } {
  return allowed === '' ? {} : { allowed: cut(allowed, 256) };
}

/** Of a success rate, how many succeeded. */
function measuredOf(metric: CanaryMetric, counts: Counts | undefined): string {
  if (counts === undefined || !isSuccessRate(metric)) return countsText(metric, counts?.canary);
  const { requests, bad } = counts.canary;
  return ` (${Math.round(requests - bad)} of ${Math.round(requests)} succeeded)`;
}

/** What it would have done is told; it does nothing. */
function asDryRun(judged: Judged): Judged {
  const { check } = judged;
  const would = { pass: 'passes', fail: 'would fail', hold: 'would hold' }[check.outcome];
  const why = check.message === undefined ? '' : `: ${check.message}`;
  const message = cut(`dry run: ${would}${why}`);
  return { ...judged, check: { ...check, outcome: 'pass', message }, decides: false };
}

function cut(text: string, length = 512): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`;
}
