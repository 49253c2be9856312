import { convictingScore } from './evidence.ts';
import type { GuardParameters } from './parameters.ts';
import type { Accusation, GuardState } from './state.ts';
import { scoreOf, type Track } from './track.ts';

/**
 * Everything that speaks against the canary beside the line from which on it convicts. Comparisons
 * come first: they hold whether or not the primary is within its SLO.
 */
export function accusations(
  { block, errors, latency, slo }: GuardState,
  parameters: GuardParameters,
): Accusation[] {
  const line = convictingScore(parameters, parameters.alpha);
  const lineOfAll = convictingScore(parameters, parameters.alpha, Math.max(1, latency.length));
  const of = ({ since, canary, primary }: Track) => ({ since, at: block, canary, primary });
  return [
    { signal: 'errors', score: scoreOf(errors), line, ...of(errors) },
    ...latency.map(({ bound, track }): Accusation => {
      return { signal: 'latency', bound, score: scoreOf(track), line: lineOfAll, ...of(track) };
    }),
    { signal: 'slo', score: scoreOf(slo), line, ...of(slo) },
  ];
}

/** The first that convicts; of durations, the bound at which most speaks against the canary. */
export function convictionOf(
  state: GuardState,
  parameters: GuardParameters,
): Accusation | undefined {
  // After nearly every block there is nothing to tell.
  const least = convictingScore(parameters, parameters.alpha);
  const { errors, slo, latency } = state;
  if (![errors, slo, ...latency.map(({ track }) => track)].some((one) => scoreOf(one) >= least)) {
    return undefined;
  }
  const proven = accusations(state, parameters).filter(({ score, line }) => score >= line);
  return strongest(proven.filter(({ signal }) => signal === proven[0]?.signal));
}

export function strongest(accusations: readonly Accusation[]): Accusation | undefined {
  return accusations.reduce<Accusation | undefined>(
    (best, one) => (best === undefined || one.score > best.score ? one : best),
    undefined,
  );
}
