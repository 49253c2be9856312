import type { Canary } from '../api/canary.ts';
import type { CanaryStatus } from '../api/status.ts';
import type { Intent, TargetIntent } from '../ports/intent.ts';
import { intentOf } from './intent.ts';

/**
 * Whether a decision could hurt if it rested on a stale cache: it raises a weight, promotes, moves
 * a selector or takes capacity away. Such decisions are made again from live reads, and only the
 * second is stored (DESIGN section 5).
 */
export function isDangerous(canary: Canary, before: CanaryStatus, after: CanaryStatus): boolean {
  const [was, is] = [intentOf(canary, before), intentOf(canary, after)];
  return (
    raisesWeight(was, is) ||
    changesRevision(was.primary, is.primary) ||
    was.services.apex !== is.services.apex ||
    takesCapacity(was.target, is.target) ||
    (is.routes === 'restored' && was.routes !== 'restored') ||
    (after.phase === 'Terminated' && before.phase !== 'Terminated')
  );
}

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
