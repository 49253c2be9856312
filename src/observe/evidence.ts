import type { Canary } from '../api/canary.ts';
import { isDue, timeOf } from '../decide/situation.ts';
import { drawnWeight, isOff } from '../decide/weights.ts';
import type { SplitSeen, StepEvidence } from '../ports/split.ts';
import type { World } from '../ports/world.ts';

/**
 * Measures every metric of the analysis, in its order, when the step is due; undefined when it is
 * not, so that a tick before its time asks no metrics store, and while samples are on their way.
 */
export async function gatherEvidence(
  canary: Canary,
  world: World,
): Promise<StepEvidence | undefined> {
  const { status, spec } = canary;
  const now = world.clock.now();
  if (status?.stage !== 'analyse' || !isDue(status.step?.dueAt, now)) return undefined;
  const since = timeOf(status.step?.since) ?? now;
  const measured = await Promise.all(
    spec.analysis.metrics.map((metric) => world.telemetry.measure(canary, metric, since, now)),
  );
  if (measured.some(({ kind }) => kind === 'pending')) return undefined;
  return { measured, split: await splitOf(canary, world, since, now) };
}

/** Who sent the requests is only asked where their share is not what the weight demands. */
async function splitOf(
  canary: Canary,
  { telemetry }: World,
  since: number,
  now: number,
): Promise<SplitSeen | undefined> {
  const weight = drawnWeight(canary);
  const share = weight === undefined ? undefined : telemetry.share?.(canary, since, now);
  if (weight === undefined || share === undefined) return undefined;
  const callers = isOff(share, weight) ? telemetry.callers?.(canary, since, now) : undefined;
  return { ...share, callers: (await callers) ?? [] };
}
