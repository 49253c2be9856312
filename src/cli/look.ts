import type { KubernetesCanaries } from '../adapters/kubernetes/canaries.ts';
import { PLAN_VERSION } from '../decide/decide.ts';
import { isOverdue } from '../decide/due.ts';
import { acknowledgeAt } from '../decide/outbox.ts';
import { timeText } from '../decide/situation.ts';
import { keyOf, keyText, type CanaryKey } from '../ports/canaries.ts';
import { isConflict } from '../ports/cluster.ts';
import type { World } from '../ports/world.ts';
import { reconcile } from '../reconcile.ts';
import type { Metrics } from '../server/metrics.ts';
import type { Watches } from '../watch/watches.ts';

type KubernetesWorld = World & { readonly canaries: KubernetesCanaries };

interface LookParts {
  readonly world: KubernetesWorld;
  readonly watches: Pick<Watches, 'isStale'>;
  readonly metrics: Pick<Metrics, 'reconcileSeconds'>;
  readonly onLook: (key: CanaryKey) => void;
  /** Told of a key of which there is no Canary (any more): nothing is to be kept of it. */
  readonly onGone: (key: CanaryKey) => void;
  /** Has this very process look at a key, at a time of the cluster's clock. */
  readonly lookHere: (key: string, at: number) => void;
}

/**
 * One look at one key: the reconcile, or for a Canary that cannot be read, a status that says what
 * is wrong with it. A replica whose watches are stale takes no job (DESIGN section 5).
 */
export async function lookAt(text: string, parts: LookParts): Promise<number | undefined> {
  const { world, watches, onGone } = parts;
  const key = keyFrom(text);
  if (watches.isStale()) return world.clock.now() + STALE_RETRY_MS;
  const refused = world.canaries.refused(key);
  if (refused !== undefined) {
    await world.canaries.stall(key, refused.why, timeText(world.clock.now()), PLAN_VERSION);
    return undefined;
  }
  try {
    return await lookAtReadable(text, key, parts);
  } catch (error) {
    if (!isGone(key, world)) throw error;
    return undefined;
  } finally {
    // It went meanwhile, or was gone already: whatever the look remembered is nobody's.
    if (isGone(key, world)) onGone(key);
  }
}

async function lookAtReadable(
  text: string,
  key: CanaryKey,
  { world, metrics, onLook, lookHere }: LookParts,
): Promise<number | undefined> {
  onLook(key);
  const end = metrics.reconcileSeconds.startTimer();
  try {
    const next = await reconcile(key, world);
    const acknowledgement = acknowledgementDue(key, world);
    if (acknowledgement !== undefined) lookHere(text, acknowledgement);
    return local(next, world);
  } catch (error) {
    if (!isConflict(error)) throw error;
    // Somebody else wrote first; its change is on its way to the local store.
    return Date.now() + 50 + Math.random() * 200;
  } finally {
    end();
  }
}

const STALE_RETRY_MS = 1000;

function isGone(key: CanaryKey, { canaries }: KubernetesWorld): boolean {
  return canaries.cached(key) === undefined && canaries.refused(key) === undefined;
}

/** Which messages providers took only this process knows: the look that says so must be its own. */
function acknowledgementDue(key: CanaryKey, { canaries, memory }: World): number | undefined {
  const status = canaries.cached(key)?.status;
  return status && acknowledgeAt(status, memory.accepted(key));
}

/** Due times are the cluster's time, timers this machine's. */
function local(at: number | undefined, { clock }: World): number | undefined {
  return at === undefined ? undefined : Date.now() + (at - clock.now());
}

/** Keys that are due by their stored status: added again every few seconds, whatever was lost. */
export function overdueKeys(world: World): string[] {
  const now = world.clock.now();
  return world.canaries
    .all()
    .filter((canary) => isOverdue(canary, now))
    .map((canary) => keyText(keyOf(canary)));
}

/** Every canary there is, for the first look after a start. */
export function allKeys({ canaries }: World): string[] {
  return canaries.all().map((canary) => keyText(keyOf(canary)));
}

function keyFrom(text: string): CanaryKey {
  const [namespace = '', name = ''] = text.split('/');
  return { namespace, name };
}
