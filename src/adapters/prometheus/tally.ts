import type { Labels } from './answer.ts';
import { classify, classifyConnection, classifyLoss, classifyLostConnection } from './classify.ts';
import { unitOf } from './sources.ts';

/** How the requests or connections to one version ended in a span of time. */
export interface Tally {
  good: number;
  bad: number;
  refused: number;
  cancelled: number;
}

/** What one reporter says of a workload. */
export interface Answers extends Tally {
  /** Of those that were taken for good: what failed after all. */
  broken: number;
}

/** What callers' proxies saw fail. */
export interface Losses {
  lost: number;
  timedOut: number;
  /** The workload's own proxy may have told of them as well. */
  told: number;
}

export function noAnswers(): Answers {
  return { good: 0, bad: 0, refused: 0, cancelled: 0, broken: 0 };
}

export function noLosses(): Losses {
  return { lost: 0, timedOut: 0, told: 0 };
}

/** As what a series of a workload counts. */
export function endingOf(labels: Labels): keyof Answers {
  const flags = labels['response_flags'] ?? '';
  if (unitOf(labels) === 'connections') return classifyConnection(flags);
  return classify({
    protocol: labels['request_protocol'] ?? '',
    code: labels['response_code'] ?? '',
    grpcStatus: labels['grpc_response_status'] ?? '',
    flags,
  });
}

/** As what a series of callers counts; undefined where the workload has told of it. */
export function lossOf(labels: Labels): keyof Losses | undefined {
  const flags = labels['response_flags'] ?? '';
  if (unitOf(labels) === 'connections') return classifyLostConnection(flags);
  const loss = classifyLoss(flags);
  return loss === 'timed-out' ? 'timedOut' : loss;
}

/** What workloads and callers say together. */
export function tallyOf(answers: readonly Answers[], losses: readonly Losses[]): Tally {
  const sum = noAnswers();
  for (const one of answers) {
    for (const ending of ENDINGS) sum[ending] += one[ending];
  }
  const seen = noLosses();
  for (const one of losses) {
    for (const loss of LOSSES) seen[loss] += one[loss];
  }
  const { refused, broken } = sum;
  // What timed out at the caller looks to the workload as if the caller had gone away.
  const moved = Math.min(seen.timedOut, sum.cancelled);
  // Whichever saw more of what both may have seen: neither is counted twice.
  const bad = Math.max(sum.bad + broken, seen.told) + seen.lost + moved;
  const good = Math.max(0, sum.good - broken);
  return { good, bad, refused, cancelled: sum.cancelled - moved };
}

const ENDINGS = ['good', 'bad', 'refused', 'cancelled', 'broken'] as const;
const LOSSES = ['lost', 'timedOut', 'told'] as const;
