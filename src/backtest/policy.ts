import type { Canary } from '../api/canary.ts';
import { type BuiltinMetric, type CanaryMetric, isBuiltinMetric } from '../api/metrics.ts';
import { nextWeight } from '../decide/weights.ts';
import { sitsOut } from '../judge/guard/audience.ts';
import { guardParameters } from '../judge/guard/parameters.ts';

/** A way to judge rollouts: the analysis of a Canary, by the rules of one controller. */
export interface Policy {
  /** As people know it, within one backtest. */
  readonly name: string;
  /** `linnet`: the guard and the checks; `flagger`: the checks alone, and no value is a failed one. */
  readonly rules: 'linnet' | 'flagger';
  readonly canary: Canary;
}

/** The policy with what can be replayed of it: metrics that come from the mesh's own counters. */
export function replayable({ rules, canary }: Policy): Canary {
  const { spec } = canary;
  const metrics = spec.analysis.metrics
    .filter(isFromCounters)
    .map((metric) => (rules === 'flagger' ? { ...metric, onNoData: 'fail' as const } : metric));
  return { ...canary, spec: { ...spec, analysis: { ...spec.analysis, metrics } } };
}

export type CountedMetric = CanaryMetric & { readonly name: BuiltinMetric };

export function isFromCounters(metric: CanaryMetric): metric is CountedMetric {
  const { name, query, templateRef } = metric;
  return isBuiltinMetric(name) && query === undefined && templateRef === undefined;
}

/** How many checks must pass before the primary gets the new version. */
export function passesNeeded({ spec: { analysis } }: Canary): number {
  if (analysis.iterations !== undefined) return analysis.iterations;
  let steps = 0;
  for (let weight = nextWeight(analysis, 0); weight !== undefined; steps += 1) {
    weight = nextWeight(analysis, weight);
  }
  return steps;
}

/** What a replay leaves out of a policy, a sentence each. */
export function leftOut({ name, rules, canary }: Policy): string[] {
  const { metrics, webhooks } = canary.spec.analysis;
  const foreign = metrics.filter((metric) => !isFromCounters(metric)).map((metric) => metric.name);
  const why = rules === 'linnet' ? whyNoGuard(canary) : undefined;
  return [
    ...(foreign.length === 0
      ? []
      : [
          `${name}: not replayed, and counted as passed: ${foreign.join(', ')}, which the mesh's counters do not hold.`,
        ]),
    ...(webhooks.length === 0 ? [] : [`${name}: its webhooks are not called.`]),
    ...(why === undefined ? [] : [`${name}: no guard, because ${why}.`]),
  ];
}

function whyNoGuard(canary: Canary): string | undefined {
  if (guardParameters(canary.spec.analysis) === undefined) return 'it is switched off';
  return sitsOut(canary);
}
