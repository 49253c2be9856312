import type { Canary } from '../api/canary.ts';
import type { CanaryStatus, Fenced } from '../api/status.ts';
import type { Intent, TargetIntent } from '../ports/intent.ts';
import { intentOf } from './intent.ts';
import { isCarried, seenByFence, type Observation, type Verdict } from './observation.ts';

/**
 * Whether a decision could hurt if it rested on a stale cache: it raises a weight, promotes, moves
 * a selector or takes capacity away; it tells how a rollout ended; or it gives a rollout up for what
 * was seen of the target. Such decisions are made again from live reads, and only the second is
 * stored (DESIGN section 5). A verdict that fails the canary, be it of the checks or of the guard, is
 * evidence of its own: nothing delays its rollback.
 */
export function isDangerous(
  canary: Canary,
  before: CanaryStatus,
  after: CanaryStatus,
  judged: Pick<Observation, 'guard'> & { readonly verdict?: Verdict | undefined } = {},
): boolean {
  const [was, is] = [intentOf(canary, before), intentOf(canary, after)];
  return (
    raisesWeight(was, is) ||
    changesRevision(was.primary, is.primary) ||
    was.services.apex !== is.services.apex ||
    takesCapacity(was.target, is.target) ||
    (is.routes === 'restored' && was.routes !== 'restored') ||
    (after.phase !== before.phase && TOLD.has(after.phase)) ||
    goesBack(before, after) ||
    (!isProven(judged) && blames(before, after))
  );
}

function isProven({ guard, verdict }: Parameters<typeof isDangerous>[3] & object): boolean {
  return verdict?.outcome === 'fail' || guard?.ruling?.outcome === 'rollback';
}

/** Phases whose message says that the cluster is as the plan demands. */
const TOLD: ReadonlySet<CanaryStatus['phase']> = new Set(['Succeeded', 'Failed', 'Terminated']);

/**
 * Another revision, or less weight, which no verdict asks for: a cache that lags behind its own plan
 * shows such things.
 */
function goesBack(before: CanaryStatus, after: CanaryStatus): boolean {
  const isLess = (after.step?.weight ?? 0) < (before.step?.weight ?? 0);
  return after.revision !== before.revision || (isLess && !isGivenUp(before, after));
}

function blames(before: CanaryStatus, after: CanaryStatus): boolean {
  return after.failedChecks > before.failedChecks || isGivenUp(before, after);
}

function isGivenUp(before: CanaryStatus, after: CanaryStatus): boolean {
  return after.ending?.outcome === 'failed' && before.ending === undefined;
}

/**
 * Whether carrying out the stored plan could hurt if it rested on a stale cache: whoever stored it
 * looked at live pods, but that was then. Such a repair begins like a dangerous decision.
 */
export function isRiskyRepair(canary: Canary, status: CanaryStatus, seen: Seen): boolean {
  const intent = intentOf(canary, status);
  const objects = seenByFence(seen);
  const isUncarried = (name: Fenced) => !isCarried(objects[name]);
  return (
    (isUncarried('virtualService') && couldMisroute(intent, seen)) ||
    (isUncarried('target') && couldTakePods(intent, seen)) ||
    (isUncarried('primary') && couldPromote(intent, seen)) ||
    (isUncarried('services') && intent.services.apex !== 'untouched')
  );
}

function couldMisroute({ routes }: Intent, { routes: { liveCanaryWeight = 0 } }: Seen): boolean {
  return typeof routes === 'string' || routes.canaryWeight > liveCanaryWeight || routes.matched;
}

function couldTakePods({ target }: Intent, { workload }: Seen): boolean {
  const desired = workload.target?.pods.desired ?? 0;
  return 'mode' in target && target.mode === 'exactly' && desired > target.replicas;
}

function couldPromote({ primary }: Intent, { workload }: Seen): boolean {
  return primary !== 'untouched' && workload.primary?.revision !== primary.revision;
}

type Seen = Omit<Observation, 'verdict'>;

function raisesWeight({ routes: was }: Intent, { routes: is }: Intent): boolean {
  if (typeof is === 'string') return false;
  const before = typeof was === 'string' ? { canaryWeight: 0, matched: false } : was;
  return is.canaryWeight > before.canaryWeight || (is.matched && !before.matched);
}

function changesRevision(was: Intent['primary'], is: Intent['primary']): boolean {
  if (is === 'untouched') return false;
  return was === 'untouched' || was.revision !== is.revision;
}

function takesCapacity(was: TargetIntent, is: TargetIntent): boolean {
  return 'mode' in is && is.mode === 'exactly' && !('mode' in was && was.mode === 'exactly');
}
