import type { Canary } from '../api/canary.ts';
import { type CanaryMetric, isCounted } from '../api/metrics.ts';
import { nextWeight } from '../decide/weights.ts';
import { sitsOut } from '../judge/guard/audience.ts';
import { guardParameters } from '../judge/guard/parameters.ts';
import type { Measurement } from '../ports/telemetry.ts';

/** A way to judge rollouts: the analysis of a Canary, by the rules of one controller. */
export interface Policy {
  /** As people know it, within one backtest. */
  readonly name: string;
  /** `linnet`: the guard and the checks; `flagger`: the checks alone, and no value is a failed one. */
  readonly rules: 'linnet' | 'flagger';
  readonly canary: Canary;
  /** What queries of its own gave at the moments of its checks, by their place in the analysis. */
  readonly answered?: ReadonlyMap<number, Answers>;
}

/** By the store's time in milliseconds. */
export type Answers = ReadonlyMap<number, Measurement>;

/** A metric that can be replayed. */
export interface Kept {
  readonly metric: CanaryMetric;
  /** Undefined where the mesh's own counters give it. */
  readonly answers: Answers | undefined;
}

/** What can be replayed of a policy, in the order of its analysis. */
export function keptMetrics({ canary, answered }: Policy): Kept[] {
  return canary.spec.analysis.metrics.flatMap((metric, i): Kept[] => {
    const answers = answered?.get(i);
    return answers !== undefined || isCounted(metric) ? [{ metric, answers }] : [];
  });
}

/** The Canary with these metrics alone, and no value as its controller takes it. */
export function replayable(policy: Policy): Canary {
  const { spec } = policy.canary;
  const isFlaggers = policy.rules === 'flagger';
  const metrics = keptMetrics(policy).map(({ metric }) =>
    isFlaggers ? { ...metric, onNoData: 'fail' as const } : metric,
  );
  return { ...policy.canary, spec: { ...spec, analysis: { ...spec.analysis, metrics } } };
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
export function leftOut(policy: Policy): string[] {
  const { name, rules, canary } = policy;
  const { metrics, webhooks } = canary.spec.analysis;
  const kept = new Set(keptMetrics(policy).map(({ metric }) => metric));
  const foreign = metrics.filter((metric) => !kept.has(metric)).map((metric) => metric.name);
  const why = rules === 'linnet' ? whyNoGuard(canary) : undefined;
  return [
    ...(foreign.length === 0
      ? []
      : [
          `${name}: not replayed, and counted as passed: ${foreign.join(', ')}, which neither the mesh's counters nor a PromQL query in the files gives.`,
        ]),
    ...(webhooks.length === 0 ? [] : [`${name}: its webhooks are not called.`]),
    ...(why === undefined ? [] : [`${name}: no guard, because ${why}.`]),
  ];
}

function whyNoGuard(canary: Canary): string | undefined {
  if (guardParameters(canary.spec.analysis) === undefined) return 'it is switched off';
  return sitsOut(canary);
}
