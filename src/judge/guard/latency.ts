import { type Durations, type OpenBlock, slowerThan } from './block.ts';
import { comparedLog } from './evidence.ts';
import type { GuardParameters } from './parameters.ts';
import type { BoundTrack, GuardState } from './state.ts';
import { newTrack, withEvidence } from './track.ts';

/**
 * Evidence on durations, at every bound of the histogram: a request is bad when it is slower. The
 * bounds are those of the first block that has any; a bound that is missing later says nothing.
 */
export function latencyAfter(
  { latency: tracks, block: to }: GuardState,
  { from, isWarm, canary, primary }: OpenBlock,
  parameters: GuardParameters,
): readonly BoundTrack[] {
  const { latency: tolerance } = parameters;
  const [ours, theirs] = [canary?.durations, primary?.durations];
  if (tolerance === undefined || !isWarm || ours === undefined || theirs === undefined) {
    return tracks;
  }
  const begun = tracks.length > 0 ? tracks : firstTracks(ours, theirs, from, parameters);
  return begun.map(({ bound, track }) => {
    const canary = slowerThan(bound, ours);
    const primary = slowerThan(bound, theirs);
    if (canary === undefined || primary === undefined) return { bound, track };
    const after = withEvidence(track, { to, canary, primary }, parameters, (ratio) =>
      comparedLog(canary, primary, tolerance, ratio, parameters),
    );
    return { bound, track: after };
  });
}

/** Of the bounds that both versions have, once both have answered something. */
function firstTracks(
  ours: Durations,
  theirs: Durations,
  from: number,
  parameters: GuardParameters,
): BoundTrack[] {
  if (ours.requests <= 0 || theirs.requests <= 0) return [];
  return ours.within
    .filter(([bound]) => theirs.within.some(([other]) => other === bound))
    .map(([bound]) => ({ bound, track: newTrack(parameters, from) }));
}
