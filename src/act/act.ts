import type { Canary } from '../api/canary.ts';
import type { CanaryStatus } from '../api/status.ts';
import { intentOf } from '../decide/intent.ts';
import type { Observation } from '../decide/observation.ts';
import { keyOf } from '../ports/canaries.ts';
import type { Intent } from '../ports/intent.ts';
import type { Problem } from '../ports/workload.ts';
import type { World } from '../ports/world.ts';
import { refusalOf } from './refusal.ts';

/**
 * Makes the cluster match the stored plan: absolute, fenced writes of what does not conform, in an
 * order in which dying after any of them is safe. A conflict rejects and drops the rest; what the
 * API server refuses for good is remembered for the conditions, and does not keep the other writes.
 */
export async function act(
  canary: Canary,
  seen: Omit<Observation, 'verdict'>,
  world: World,
): Promise<void> {
  const { status } = canary;
  if (status === undefined) return;
  const refusals: Problem[] = [];
  for (const write of inSafeOrder(canary, status, seen, world)) {
    await write().catch((error: unknown) => refusals.push(refusalOf(error)));
  }
  world.memory.setRefusals(keyOf(canary), refusals);
}

type Write = () => Promise<void>;

/**
 * Traffic leaves before anything else happens to it; otherwise whatever serves comes before the
 * routes that lead there. (Capacity is only ever taken away in a stage of its own, after draining.)
 */
function inSafeOrder(
  canary: Canary,
  status: CanaryStatus,
  seen: Omit<Observation, 'verdict'>,
  { workload, services, routerFor }: World,
): Write[] {
  const intent = intentOf(canary, status);
  const router = routerFor(canary);
  const routes: Write = () => router.applyRoutes(canary, status, intent, seen.routes);
  const others: Write[] = [
    () => workload.applyPrimary(canary, status, intent, seen.workload),
    () => services.apply(canary, status, intent, seen.services),
    () => router.applyDestinations(canary, status, intent, seen.routes),
    () => workload.applyTarget(canary, status, intent, seen.workload),
  ];
  return leavesCanary(intent, seen) ? [routes, ...others] : [...others, routes];
}

function leavesCanary(
  { routes }: Intent,
  { routes: { liveCanaryWeight = 0 } }: Omit<Observation, 'verdict'>,
): boolean {
  return typeof routes !== 'string' && routes.canaryWeight < liveCanaryWeight;
}
