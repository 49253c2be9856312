import { isDeepStrictEqual } from 'node:util';
import { act } from './act/act.ts';
import { leftoversOf } from './act/leftovers.ts';
import type { Canary } from './api/canary.ts';
import type { CanaryStatus } from './api/status.ts';
import { isDangerous, isRiskyRepair } from './decide/danger.ts';
import { decide, PLAN_VERSION } from './decide/decide.ts';
import { dueAt } from './decide/due.ts';
import { isAllCarried, type Observation } from './decide/observation.ts';
import { isAtRest } from './decide/rest.ts';
import { timeText } from './decide/situation.ts';
import { farewell } from './farewell.ts';
import { guard } from './guard.ts';
import { judge } from './judge/verdict.ts';
import { notify } from './notify/notify.ts';
import { gatherEvidence } from './observe/evidence.ts';
import { observe } from './observe/observe.ts';
import { keyOf, TARGET_CLAIMED, type CanaryKey } from './ports/canaries.ts';
import { ClusterError } from './ports/cluster.ts';
import type { World } from './ports/world.ts';

/**
 * The whole flow for one canary: observe, judge, decide, store, act, notify. Whatever order
 * processes die or overlap in, running it again is safe (DESIGN, laws 3 and 4).
 *
 * @returns when to look again, in milliseconds since 1970; undefined: when something changes.
 * @throws ClusterError 409 when somebody else wrote first: start again from fresh state.
 */
export async function reconcile(key: CanaryKey, world: World): Promise<number | undefined> {
  const cached = world.canaries.cached(key);
  if (cached === undefined || isOfNewerPlan(cached)) return undefined;
  const canary = await claim(cached, world);
  if (canary === undefined) return world.clock.now() + CLAIMED_MS;

  const [evidence, guarded] = await Promise.all([
    gatherEvidence(canary, world),
    guard(canary, world),
  ]);
  const verdict = evidence && judge(canary, evidence);
  const decided = await decideTwice(canary, { verdict, guard: guarded }, world);

  const isNew = !isDeepStrictEqual(decided.status, canary.status);
  const leftovers = isNew ? await leftoversOf(canary, decided.status, world) : [];
  const stored = isNew ? await store(canary, decided, world) : canary;
  if (world.clock.now() - decided.observedAt > STALE_AFTER_MS) return soon(world);
  if (stored.status?.phase === 'Terminated') return farewell(stored, stored.status, world);
  if (stored === canary && isAllCarried(decided.seen)) return settled(canary, world);
  if (stored === canary && !(await isNewest(canary, world))) return soon(world);

  await act(stored, decided.seen, world);
  await world.workload.prune(stored, leftovers);
  notify(stored, world);
  if (stored === canary) return world.clock.now() + REPAIR_MS;
  const atRest = isAtRest(canary, stored, decided.seen, world.clock.now());
  return atRest ? nextLook(stored, world) : soon(world);
}

/** A repair is looked at again when its watch event comes; this is for the one that did not help. */
const REPAIR_MS = 5000;

/** What was observed longer ago than this is no ground for a write (DESIGN section 5). */
const STALE_AFTER_MS = 10_000;

/** Long enough for the local store to hear of what was just written. */
function soon({ clock }: World): number {
  return clock.now() + 50;
}

/** Nothing to store and nothing to write: only what people are owed, and when to look again. */
function settled(canary: Canary, world: World): number | undefined {
  notify(canary, world);
  return nextLook(canary, world);
}

/** What messages were accepted meanwhile counts too: nobody else remembers to store it. */
function nextLook(canary: Canary, { clock, memory }: World): number | undefined {
  return dueAt(canary, clock.now(), memory.accepted(keyOf(canary)));
}

/**
 * A repair rests on no store of its own, so it first makes sure that the plan is the newest: the
 * object may have been replaced by somebody who knows more (DESIGN section 5).
 */
async function isNewest(canary: Canary, world: World): Promise<boolean> {
  const fresh = await world.canaries.read(keyOf(canary));
  return fresh?.metadata.resourceVersion === canary.metadata.resourceVersion;
}

/**
 * The Canary, once it carries our finalizer and its target is its own. Undefined when the target is
 * another's: it is not touched, no plan is made for it, and the conditions say whose it is.
 */
async function claim(canary: Canary, { canaries, clock }: World): Promise<Canary | undefined> {
  if (canary.metadata.deletionTimestamp != null) return canary;
  try {
    return await canaries.hold(canary);
  } catch (error) {
    if (!(error instanceof ClusterError) || error.reason !== TARGET_CLAIMED) throw error;
    await canaries.stall(keyOf(canary), error, timeText(clock.now()), PLAN_VERSION);
    return undefined;
  }
}

/** A holder that goes wakes its rivals; this is for a claim that nobody is left to take back. */
const CLAIMED_MS = 30_000;

function isOfNewerPlan(canary: Canary): boolean {
  return (canary.status?.planVersion ?? 0) > PLAN_VERSION;
}

/** What the metrics store says, read once for both decisions. */
type Judged = Pick<Observation, 'verdict' | 'guard'>;

interface Decision {
  readonly seen: Observation;
  /** When it began to be seen. */
  readonly observedAt: number;
  readonly status: ReturnType<typeof decide>;
}

/**
 * Decides from the local store, and if that is dangerous, again from live reads; only the second
 * decision counts. The Canary is not read again: its version fences the store.
 */
async function decideTwice(canary: Canary, judged: Judged, world: World): Promise<Decision> {
  const first = await decideFrom('cached', canary, judged, world);
  const { status, seen } = first;
  return canary.status !== undefined && hasToBeSure(canary, canary.status, status, seen)
    ? decideFrom('live', canary, judged, world)
    : first;
}

async function decideFrom(
  from: 'cached' | 'live',
  canary: Canary,
  judged: Judged,
  world: World,
): Promise<Decision> {
  const observedAt = world.clock.now();
  const seen = { ...(await observe(canary, world, from)), ...judged };
  return { seen, observedAt, status: decide(canary, seen, world.clock.now()) };
}

/** Nothing new to store can mean as much as a new plan: that the present one is to be repaired. */
function hasToBeSure(
  canary: Canary,
  before: CanaryStatus,
  after: CanaryStatus,
  seen: Observation,
): boolean {
  return after === before
    ? isRiskyRepair(canary, before, seen)
    : isDangerous(canary, before, after, seen);
}

/** Pins what the plan names, then writes the plan. A 409 ends the reconcile: nothing is acted on. */
async function store(canary: Canary, { seen, status }: Decision, world: World): Promise<Canary> {
  if (status.revision !== undefined && status.revision !== canary.status?.revision) {
    await world.workload.pin(canary, seen.workload, status.revision);
  }
  return world.canaries.store(canary, status);
}
