import type { Canary } from '../api/canary.ts';
import type { CanaryStatus } from '../api/status.ts';
import type { Pin } from '../ports/workload.ts';
import type { World } from '../ports/world.ts';

/**
 * What a plan that is about to be stored leaves without a name, once it has come to rest. Bad weather
 * keeps no plan from being stored: what cannot be told now goes another time.
 */
export async function leftoversOf(
  canary: Canary,
  status: CanaryStatus,
  { workload, readers }: World,
): Promise<readonly Pin[]> {
  if (!SETTLED.has(status.phase)) return [];
  return workload.unnamed(canary, status, readers.cached).catch(() => []);
}

const SETTLED: ReadonlySet<CanaryStatus['phase']> = new Set(['Initialized', 'Succeeded', 'Failed']);
