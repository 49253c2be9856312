import type { Answer, Side } from './load.ts';
import type { PlanSeen, Story } from './record.ts';

/** From the write of a weight until every proxy obeys it, on a machine that has much else to do. */
export const CONVERGENCE_MS = 4000;

/** A proxy may obey before the watch has told this process of the plan. */
const WATCH_LAG_MS = 500;

/** Answers that users would call an outage. */
export function failures({ answers }: Pick<Story, 'answers'>): Answer[] {
  return answers.filter(({ status }) => status !== 200);
}

/** Failed for want of a pod: a proxy answered, or nobody. A pod's own errors are another matter. */
export function unserved(story: Pick<Story, 'answers'>): Answer[] {
  return failures(story).filter(({ version }) => version === undefined);
}

/** `gateway shop:2 500 x12` for each kind of answer: what a failing test shows. */
export function summary(answers: readonly Answer[]): string[] {
  const counts = new Map<string, number>();
  for (const { side, version = 'nobody', status } of answers) {
    const kind = `${side} ${version} ${status}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${kind} x${count}`).toSorted();
}

/**
 * Requests that met a version which the plan gave no traffic: another revision than the one under
 * analysis, or the right one at weight 0. Each as a sentence.
 */
export function strays({ answers, plans }: Story): string[] {
  return answers
    .filter(({ version }) => version !== undefined)
    .map((answer) => strayed(answer, plansAt(plans, answer)))
    .filter((sentence) => sentence !== undefined);
}

/** The plans that a request may have been routed by. */
function plansAt(plans: readonly PlanSeen[], { sentAt, endedAt }: Answer): PlanSeen[] {
  return plans.filter(({ at }, i) => {
    const endsAt = plans[i + 1]?.at ?? Infinity;
    return at <= endedAt + WATCH_LAG_MS && endsAt >= sentAt - CONVERGENCE_MS;
  });
}

function strayed({ side, version, sentAt }: Answer, plans: PlanSeen[]): string | undefined {
  const isAnybodys = plans.length === 0 || plans.some(({ phase }) => CHANGING_HANDS.has(phase));
  if (isAnybodys || versionsOf(plans).includes(version)) return undefined;
  const said = plans.map(({ phase, weight, candidate }) => `${phase} ${candidate} at ${weight} %`);
  return `${side} met ${version} at ${new Date(sentAt).toISOString()}, while the plan was ${said.join(', then ')}`;
}

/** A workload comes under a Canary's care, or leaves it: the target itself serves for a while. */
const CHANGING_HANDS: ReadonlySet<PlanSeen['phase']> = new Set([
  'Initializing',
  'Terminating',
  'Terminated',
]);

/**
 * While the primary changes over, its pods are of both versions. While a weight is being taken, what
 * it led to may already be the pods of a newer revision: they replace the older ones by themselves.
 */
function versionsOf(plans: readonly PlanSeen[]): (string | undefined)[] {
  const mayServe = plans.some(
    ({ phase, weight }) => weight > 0 || phase === 'Promoting' || phase === 'Finalising',
  );
  return plans.flatMap(({ candidate, stable }) => (mayServe ? [stable, candidate] : [stable]));
}

export interface Share {
  readonly side: Side;
  /** As the plan had it. */
  readonly weight: number;
  readonly requests: number;
  /** How many of them the candidate answered. */
  readonly met: number;
}

/** How each side's traffic was divided, for every while in which one weight stood and was carried. */
export function shares({ answers, plans }: Story): Share[] {
  const whiles = plans.filter(({ phase, stage }) => phase === 'Progressing' && stage === 'analyse');
  const weights = [...new Set(whiles.map(({ weight }) => weight))];
  return weights.flatMap((weight) =>
    (['gateway', 'mesh'] as const).map((side) => {
      const during = answers.filter((answer) => answer.side === side && isUnder(answer, weight));
      const met = during.filter(({ version }) => version === candidateOf(weight)).length;
      return { side, weight, requests: during.length, met };
    }),
  );

  function candidateOf(weight: number): string | undefined {
    return whiles.findLast((plan) => plan.weight === weight)?.candidate;
  }

  function isUnder(answer: Answer, weight: number): boolean {
    const possible = plansAt(plans, answer);
    const candidate = candidateOf(weight);
    return (
      answer.version !== undefined &&
      possible.length > 0 &&
      possible.every(
        (plan) =>
          plan.phase === 'Progressing' && plan.weight === weight && plan.candidate === candidate,
      )
    );
  }
}

/** Shares that chance explains in less than one of a million cases, each as a sentence. */
export function unfairShares(story: Story): string[] {
  return shares(story)
    .filter(({ weight, requests, met }) => surprise(met / requests, weight / 100, requests) > 14)
    .map(
      ({ side, weight, requests, met }) =>
        `${side}: ${met} of ${requests} requests met the candidate at weight ${weight} %`,
    );
}

/** Chernoff's bound: chance brings such a share about with a probability of `exp(-surprise)` at most. */
function surprise(found: number, expected: number, requests: number): number {
  if (requests === 0) return 0;
  return requests * (divergence(found, expected) + divergence(1 - found, 1 - expected));
}

function divergence(found: number, expected: number): number {
  return found === 0 ? 0 : found * Math.log(found / expected);
}
