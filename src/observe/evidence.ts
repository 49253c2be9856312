import type { Canary } from '../api/canary.ts';
import { isDue, timeOf } from '../decide/situation.ts';
import type { Measurement } from '../ports/telemetry.ts';
import type { World } from '../ports/world.ts';

/**
 * Measures every metric of the analysis, in its order, when the step is due; undefined when it is
 * not, so that a tick before its time asks no metrics store.
 */
export async function gatherEvidence(
  canary: Canary,
  world: World,
): Promise<readonly Measurement[] | undefined> {
  const { status, spec } = canary;
  const now = world.clock.now();
  if (status?.stage !== 'analyse' || !isDue(status.step?.dueAt, now)) return undefined;
  const since = timeOf(status.step?.since) ?? now;
  return Promise.all(
    spec.analysis.metrics.map((metric) => world.telemetry.measure(canary, metric, since, now)),
  );
}
