import type { Canary } from '../../api/canary.ts';
import type { Fences } from '../../api/status.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import type { RoutesIntent } from '../../ports/intent.ts';
import { destinationRule } from './destination-rule.ts';
import { routedService, virtualServiceOf, type Found } from './found.ts';
import { serviceNames } from './hosts.ts';
import { planManaged, planRestored, type Claimant, type ManagedObject } from './managed-object.ts';
import { absent, done, type Plan } from './plan.ts';
import type { IstioSettings } from './settings.ts';
import { planUserRestored, planUserRoutes } from './user-virtual-service.ts';
import { virtualService } from './virtual-service.ts';

/** The VirtualService, whoever owns it. Undefined when the intent does not speak of routes. */
export function routesPlan(
  canary: Canary,
  { virtualService: fence }: Fences,
  intent: RoutesIntent,
  { living, virtualService: live }: Found,
  { kinds, clusterDomain }: IstioSettings,
): Plan | undefined {
  const service = routedService(canary);
  if (intent === 'untouched' || kinds === undefined || service === undefined) return undefined;
  const kind = kinds.virtualServices;
  const at = virtualServiceOf(canary);
  if (at.owner === 'linnet') {
    const managed = virtualService(kind, canary, service, intent);
    return planOf(managed, live, { canary, fence, living }, intent);
  }
  if (live === undefined) return intent === 'restored' ? done(kind) : absent(kind, at);
  const reading = { canary, clusterDomain, living };
  return intent === 'restored'
    ? planUserRestored(kind, live, reading, fence)
    : planUserRoutes(kind, live, reading, fence, intent);
}

/** The DestinationRules of both versions. None when the intent does not speak of routes. */
export function destinationPlans(
  canary: Canary,
  { destinationRules: fence }: Fences,
  intent: RoutesIntent,
  { living, destinationRules }: Found,
  { kinds }: IstioSettings,
): readonly Plan[] {
  const service = routedService(canary);
  if (intent === 'untouched' || kinds === undefined || service === undefined) return [];
  const names = serviceNames(canary);
  return (['primary', 'canary'] as const).map((version) => {
    const managed = destinationRule(kinds.destinationRules, service, names[version]);
    return planOf(managed, destinationRules[version], { canary, fence, living }, intent);
  });
}

function planOf(
  managed: ManagedObject,
  live: KubeObject | undefined,
  claimant: Claimant,
  intent: RoutesIntent,
): Plan {
  return intent === 'restored'
    ? planRestored(managed, live, claimant)
    : planManaged(managed, live, claimant);
}
