import type { Canary } from '../api/canary.ts';
import { FENCED, type CanaryStatus, type Fenced, type Fences } from '../api/status.ts';
import type { Intent } from '../ports/intent.ts';
import { intentOf } from './intent.ts';
import { seenByFence, type Observation } from './observation.ts';

/**
 * The fences of a plan that is about to be stored (DESIGN section 5): one number above every fence
 * and stamp there ever was, for each object whose demanded content this store changes. An object
 * whose stamp is above its fence comes from a history that was lost (a restored backup): this store
 * proves, by its resourceVersion, that ours is the newest plan, so its fence goes above the stamp.
 */
export function raisedFences(
  canary: Canary,
  before: CanaryStatus | undefined,
  after: CanaryStatus,
  seen: Observation,
): Fences {
  const stamps = seenByFence(seen);
  const fences = before?.fences ?? {};
  const next =
    1 + Math.max(0, ...FENCED.map((name) => Math.max(fences[name] ?? 0, stamps[name].stamp)));
  const changed = new Set(changedObjects(canary, before, after));
  const isRaised = (name: Fenced) => changed.has(name) || stamps[name].stamp > (fences[name] ?? 0);
  const raised = FENCED.filter(isRaised).map((name) => [name, next] as const);
  return { ...fences, ...Object.fromEntries(raised) };
}

/** An edited spec may change any object; a status only those of which its intent speaks otherwise. */
function changedObjects(
  canary: Canary,
  before: CanaryStatus | undefined,
  after: CanaryStatus,
): readonly Fenced[] {
  if (before === undefined || before.observedGeneration !== canary.metadata.generation) {
    return FENCED;
  }
  const [was, is] = [intentOf(canary, before), intentOf(canary, after)];
  return FENCED.filter((name) => contradicts(name, was, is));
}

/**
 * Whether a write for the earlier intent could undo what the later one demands of an object. One
 * that leaves an object alone does not write it, and a floor that is only lowered takes nothing
 * back: a fence that need not rise saves a write of everything that it stands for.
 */
function contradicts(name: Fenced, was: Intent, is: Intent): boolean {
  switch (name) {
    case 'virtualService':
      return JSON.stringify(was.routes) !== JSON.stringify(is.routes);
    case 'destinationRules':
      return presence(was) !== presence(is);
    case 'services':
      return was.services.versions !== is.services.versions || turnsApex(was, is);
    case 'target':
      return JSON.stringify(was.target) !== JSON.stringify(is.target);
    case 'primary':
      return floorOf(is) > floorOf(was) || revisionOf(was) !== revisionOf(is);
    case 'autoscaler':
      return JSON.stringify(was.primary) !== JSON.stringify(is.primary);
  }
}

/** DestinationRules do not follow weights, only whether there are routes at all. */
function presence({ routes }: Intent): string {
  return typeof routes === 'string' ? routes : 'routed';
}

function turnsApex({ services: { apex: was } }: Intent, { services: { apex: is } }: Intent) {
  return was !== is && was !== 'untouched';
}

function floorOf({ primary }: Intent): number {
  return primary === 'untouched' ? 0 : primary.atLeast;
}

function revisionOf({ primary }: Intent): string | undefined {
  return primary === 'untouched' ? undefined : primary.revision;
}
