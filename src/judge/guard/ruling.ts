import { accusations, strongest } from './accusations.ts';
import type { Counts } from './evidence.ts';
import type { GuardParameters } from './parameters.ts';
import { sumOf } from './primary-slo.ts';
import type { Accusation, GuardState } from './state.ts';

/** What the guard says as of its newest block. How long a hold may last others decide. */
export type Ruling =
  | { readonly outcome: 'rollback'; readonly accusation: Accusation }
  | { readonly outcome: 'hold'; readonly why: Hold }
  | { readonly outcome: 'pass' };

export type Hold =
  /** A shared outage accuses nobody. */
  | { readonly reason: 'primary-out'; readonly primary: Counts }
  /** For at least two blocks. */
  | { readonly reason: 'no-samples'; readonly missing: readonly ('canary' | 'primary')[] }
  /** Not one came, of so many that its weight lets expect. */
  | { readonly reason: 'no-traffic'; readonly expected: number }
  | { readonly reason: 'few-requests'; readonly served: number; readonly needed: number }
  | { readonly reason: 'suspicion'; readonly accusation: Accusation };

/**
 * What is certain goes before what is not known.
 *
 * @param step number of the present step, which may have no whole block yet.
 */
export function rule(
  state: GuardState,
  parameters: GuardParameters,
  step = state.step.index,
): Ruling {
  if (state.conviction !== undefined) {
    return { outcome: 'rollback', accusation: state.conviction };
  }
  const why =
    sharedOutage(state) ??
    missingSamples(state) ??
    scarcity(step === state.step.index ? state.step : NOTHING, parameters) ??
    suspicion(state, parameters);
  return why === undefined ? { outcome: 'pass' } : { outcome: 'hold', why };
}

/** After ten minutes the comparison alone decides: the canary may be the cure. */
function sharedOutage({ block, outSince, recent }: GuardState): Hold | undefined {
  if (outSince === undefined || block - outSince >= LONGEST_OUTAGE_MS) return undefined;
  return { reason: 'primary-out', primary: sumOf(recent) };
}

const LONGEST_OUTAGE_MS = 600_000;

/**
 * One scrape that came late is no silence, and a version that nobody has called yet has no series
 * to sample.
 */
function missingSamples({ open, seen }: GuardState): Hold | undefined {
  if (open === undefined || open.blocks < 2) return undefined;
  const versions = ['canary', 'primary'] as const;
  const missing = versions.filter((version) => seen[version] && open[version] === undefined);
  return missing.length === 0 ? undefined : { reason: 'no-samples', missing };
}

const NOTHING = { canary: 0, expected: 0 };

function scarcity(
  step: Pick<GuardState['step'], 'canary' | 'expected'>,
  { minRequests }: GuardParameters,
): Hold | undefined {
  if (step.canary === 0 && step.expected >= SURELY_SOME) {
    return { reason: 'no-traffic', expected: step.expected };
  }
  if (step.canary >= minRequests) return undefined;
  return { reason: 'few-requests', served: step.canary, needed: minRequests };
}

/** Where so many requests are expected, none comes once in half a billion times. */
const SURELY_SOME = 20;

function suspicion(state: GuardState, parameters: GuardParameters): Hold | undefined {
  const worst = strongest(accusations(state, parameters));
  if (worst === undefined || worst.score < parameters.suspicion) return undefined;
  return { reason: 'suspicion', accusation: worst };
}
