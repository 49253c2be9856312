import type { Delivery } from '../builders/people.ts';
import type { Account, Plan } from './chronicle.ts';
import type { Journey } from './journeys.ts';
import type { Interruption } from './seat.ts';

/** What is known of one journey when it is over. */
export interface Told {
  /** From its beginning on. */
  readonly account: Account;
  readonly messages: readonly Delivery[];
  /** What had arrived before: one of these may come again, from a replica that stood still. */
  readonly earlier: readonly Delivery[];
  /** Of every controller that had to do with it. */
  readonly interruptions: readonly Interruption[];
}

/** Everything in which a journey did not go as it would have in fine weather; a sentence each. */
export function complaintsOf(journey: Journey, told: Told): string[] {
  return [
    ...differences('plans', journey.plans, stepsOf(told.account.plans)),
    ...differences(
      'weights of the VirtualService',
      journey.weights,
      weightsOf(journey, told.account),
    ),
    ...differences('messages', journey.messages, kindsOf(told)),
    ...unexcused(told),
  ];
}

/** Each plan once; what is owed and how long it holds are no steps. */
function stepsOf(plans: readonly Plan[]): string[] {
  return plans
    .map(({ phase, stage, weight, failedChecks }) => {
      const failed = failedChecks === 0 ? '' : ` ${failedChecks} failed`;
      return `${phase}/${stage}@${weight}${failed}`;
    })
    .filter((step, i, all) => step !== all[i - 1]);
}

/** A write that changes nothing makes no event: these are all that were made. */
function weightsOf({ stampedAt }: Journey, { routes }: Account): number[] {
  const weights = routes.map(({ weight }) => weight);
  return weights[0] === stampedAt ? weights.slice(1) : weights;
}

/** Of what is new, in the order of their numbers, each number once. */
function kindsOf({ messages, earlier }: Told): string[] {
  // A Canary that was made anew counts from 1 again.
  const uid = messages.findLast(({ key }) => key !== '')?.key.split('/')[0] ?? '';
  const isOfThis = ({ key }: Delivery) => key.split('/')[0] === uid;
  const last = Math.max(0, ...earlier.filter(isOfThis).map(({ n }) => n));
  const byNumber = new Map(
    messages.filter((one) => isOfThis(one) && one.n > last).map(({ n, kind }) => [n, kind]),
  );
  return [...byNumber].toSorted(([a], [b]) => a - b).map(([, kind]) => kind);
}

function differences(what: string, wanted: readonly unknown[], got: readonly unknown[]): string[] {
  const [a, b] = [wanted.join(', '), got.join(', ')];
  return a === b ? [] : [`${what}: wanted ${a}\n    got ${b || 'none'}`];
}

/**
 * A message comes twice only when an answer was lost or a process died, or stood still, before the
 * first delivery was written down (DESIGN section 7).
 */
function unexcused({ messages, earlier, interruptions }: Told): string[] {
  return messages.flatMap((second, i) => {
    const before = [...earlier, ...messages.slice(0, i)];
    const first = before.findLast(({ key }) => key === second.key);
    if (first === undefined) return [];
    const isExcused = interruptions.some(
      ({ from, until }) => until >= first.at - ON_ITS_WAY_MS && from <= second.at,
    );
    return isExcused ? [] : [`message ${second.key} (${second.kind}) came twice for no reason`];
  });
}

/** Between what happens to a process and what it had sent before. */
const ON_ITS_WAY_MS = 1000;
