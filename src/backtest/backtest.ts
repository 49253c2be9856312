import { type Cost, costOf } from './cost.ts';
import { countsWithin, type History } from './history.ts';
import { allFailed } from './misnamed.ts';
import { leftOut, type Policy } from './policy.ts';
import { type Replayed, replay } from './replay.ts';
import { type Found, type PastRollout, rolloutsIn } from './rollouts.ts';

/**
 * What policies would have done with the rollouts of some workloads. It is a JSON value: `linnet
 * backtest --output json` prints it as it is. Times are RFC 3339 of the store's clock.
 */
export interface Backtest {
  readonly from: string;
  readonly to: string;
  readonly store: string;
  /** What must be known to read the rest right, a sentence each. */
  readonly caveats: readonly string[];
  readonly workloads: readonly WorkloadCase[];
  /** Over all workloads, one for each policy, in the order in which they were given. */
  readonly totals: readonly PolicyTotal[];
}

export interface WorkloadCase {
  readonly workload: { readonly namespace: string; readonly name: string };
  readonly policies: readonly string[];
  readonly rollouts: readonly RolloutCase[];
  /** What else is to be said of it, a sentence each. */
  readonly notes: readonly string[];
}

export interface RolloutCase extends Pick<PastRollout, 'begins' | 'ends'> {
  readonly from: string;
  readonly to: string;
  /** When the share fell, or the canary's requests ended. */
  readonly comparedUntil: string;
  readonly steps: readonly { readonly from: string; readonly weight: number }[];
  readonly canary: { readonly requests: number; readonly bad: number };
  readonly primary: { readonly requests: number; readonly bad: number };
  /** One for each policy of the workload. */
  readonly verdicts: readonly VerdictCase[];
}

export interface VerdictCase extends Cost, Pick<Replayed, 'outcome' | 'by' | 'why'> {
  readonly policy: string;
  readonly at: string;
  /** Seconds since the canary's first requests. */
  readonly afterSeconds: number;
}

export interface PolicyTotal {
  readonly policy: string;
  readonly rollouts: number;
  readonly rollbacks: number;
  readonly promotions: number;
  readonly holds: number;
  /** Failed requests of the canaries until the verdicts. */
  readonly failedUntil: number;
  /** Failed after a rollback that was no false alarm: those it would have spared. */
  readonly spared: number;
  /** Failed after a promotion, and after a hold began: those it would not have spared. */
  readonly letThrough: number;
  readonly falseAlarms: number;
  /** Failed after a likely false alarm: spared nobody. */
  readonly sparedNobody: number;
  readonly misses: number;
}

/** One workload, its history, and the policies that are held against it. */
export interface Subject {
  readonly workload: WorkloadCase['workload'];
  readonly history: History;
  readonly policies: readonly Policy[];
  /** What reading its history came to, a sentence each. */
  readonly notes: readonly string[];
}

/** @param span RFC 3339 of its two ends. */
export function backtestOf(
  span: { readonly from: string; readonly to: string; readonly store: string },
  subjects: readonly Subject[],
): Backtest {
  const workloads = subjects.map(workloadCase);
  return { ...span, caveats: CAVEATS, workloads, totals: totalsOf(workloads) };
}

const CAVEATS = [
  'The traffic is that which history had: what the callers would have met after another verdict nobody knows.',
  'A rollout is a span in which the target had requests beside its primary; whether it was promoted or taken back then the counters do not tell.',
];

function workloadCase({ workload, history, policies, notes }: Subject): WorkloadCase {
  const found = rolloutsIn(history);
  return {
    workload,
    policies: policies.map(({ name }) => name),
    rollouts: found.rollouts.map((rollout) => rolloutCase(history, rollout, policies)),
    notes: [...notes, ...allFailed(history), ...whatElse(found), ...policies.flatMap(leftOut)],
  };
}

function rolloutCase(
  history: History,
  rollout: PastRollout,
  policies: readonly Policy[],
): RolloutCase {
  const { from, to, comparedUntil, steps, begins, ends } = rollout;
  return {
    from: timeText(from),
    to: timeText(to),
    comparedUntil: timeText(comparedUntil),
    begins,
    ends,
    steps: steps.map((step) => ({ from: timeText(step.from), weight: step.weight })),
    ...countsWithin(history, { after: from, until: to }),
    verdicts: policies.map((policy) => verdictCase(history, rollout, policy)),
  };
}

function verdictCase(history: History, rollout: PastRollout, policy: Policy): VerdictCase {
  const replayed = replay(history, rollout, policy);
  const { outcome, at, by, why } = replayed;
  return {
    policy: policy.name,
    outcome,
    at: timeText(at),
    afterSeconds: (at - rollout.from) / 1000,
    by,
    why,
    ...costOf(history, rollout, policy, replayed),
  };
}

function whatElse({ rollouts, others }: Found): string[] {
  const span = ({ from, to }: { from: number; to: number }) =>
    `${timeText(from)} to ${timeText(to)}`;
  return [
    ...(rollouts.length === 0 ? ['No version change is in this history.'] : []),
    ...others.map((other) =>
      other.why === 'no-primary'
        ? `From ${span(other)} the target had requests and its primary none: there is nothing to compare it with.`
        : `From ${span(other)} the target had a handful of requests: too few for a rollout.`,
    ),
    ...rollouts
      .filter(({ begins }) => begins === 'before')
      .map(
        ({ to }) =>
          `The rollout until ${timeText(to)} had begun when its samples begin: its beginning is not judged.`,
      ),
    ...rollouts
      .filter(({ ends }) => ends === 'gap')
      .map(
        ({ to }) =>
          `After ${timeText(to)} samples of both versions are missing: how that rollout went on is unknown.`,
      ),
  ];
}

function totalsOf(workloads: readonly WorkloadCase[]): PolicyTotal[] {
  const names = [...new Set(workloads.flatMap(({ policies }) => policies))];
  const all = workloads.flatMap(({ rollouts }) => rollouts.flatMap(({ verdicts }) => verdicts));
  return names.map((policy) =>
    totalOf(
      policy,
      all.filter((verdict) => verdict.policy === policy),
    ),
  );
}

function totalOf(policy: string, verdicts: readonly VerdictCase[]): PolicyTotal {
  const having = (...outcomes: VerdictCase['outcome'][]) =>
    verdicts.filter(({ outcome }) => outcomes.includes(outcome));
  const sum = (of: readonly VerdictCase[], field: 'failedUntil' | 'failedAfter') =>
    of.reduce((total, verdict) => total + verdict[field], 0);
  const rollbacks = having('rollback');
  const isFalse = ({ likely }: VerdictCase) => likely === 'likely-false-alarm';
  const falseAlarms = rollbacks.filter(isFalse);
  return {
    policy,
    rollouts: verdicts.length,
    rollbacks: rollbacks.length,
    promotions: having('promote').length,
    holds: having('hold').length,
    failedUntil: sum(verdicts, 'failedUntil'),
    spared: sum(
      rollbacks.filter((verdict) => !isFalse(verdict)),
      'failedAfter',
    ),
    letThrough: sum(having('promote', 'hold'), 'failedAfter'),
    falseAlarms: falseAlarms.length,
    sparedNobody: sum(falseAlarms, 'failedAfter'),
    misses: verdicts.filter(({ likely }) => likely === 'likely-miss').length,
  };
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
