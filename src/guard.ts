import type { Canary } from './api/canary.ts';
import type { CanaryStatus } from './api/status.ts';
import { isCompared } from './decide/guard.ts';
import type { GuardSeen } from './decide/observation.ts';
import { type Evidence, firstEvidence, follow, nextSlot, trusted } from './judge/guard/follow.ts';
import { judgementOf } from './judge/guard/judgement.ts';
import { basisOf, type Pinned, pinnedOf } from './judge/guard/pins.ts';
import type { World } from './ports/world.ts';

/**
 * The guard's part of a look: takes in the blocks that have ended since the last, whoever took that
 * in, and says what follows. Undefined where no guard is asked for, or nothing is known to judge by.
 */
export async function guard(canary: Canary, world: Witnesses): Promise<GuardSeen | undefined> {
  const { status } = canary;
  const counters = status && isCompared(status) ? world.telemetry.grid(canary) : undefined;
  const basis = counters && basisOf(canary, counters);
  if (status === undefined || counters === undefined || basis === undefined) return undefined;
  const pinned = basis.sitsOut === undefined ? pinnedOf(status.guard) : undefined;
  const evidence = pinned && (await evidenceOn(canary, status, pinned, world));
  if (evidence === undefined) return { basis, ruling: undefined };
  return { basis, ruling: judgementOf(canary, evidence, pinned!, world.clock.now()) };
}

/** What of the world it asks. */
type Witnesses = Pick<World, 'telemetry' | 'clock' | 'evidence'>;

/** Up to the newest block that can be known; undefined while no weight is carried. */
async function evidenceOn(
  canary: Canary,
  status: CanaryStatus,
  pinned: Pinned,
  world: Witnesses,
): Promise<Evidence | undefined> {
  const { telemetry, clock, evidence: store } = world;
  const { revision = '' } = status;
  const first = firstEvidence(pinned, revision);
  if (first === undefined) return undefined;
  const id = nameOf(canary, status);
  const now = clock.now();
  for (let attempt = 0; ; attempt += 1) {
    const stored = await store.read(id, now + pinned.clockMs - pinned.grid.blockMs);
    const known = trusted(stored, pinned, revision) ?? first;
    const slot = nextSlot(known, pinned);
    if (slot === undefined) return known;
    const wanted = { from: known.block, until: slot.to, edgeMs: pinned.grid.edgeMs };
    const span = await telemetry.counted(canary, wanted);
    const after = span === undefined ? known : follow(known, span, pinned);
    if (after === known || attempt === LAST_ATTEMPT) return after;
    if (await store.advance(id, stored, after)) return after;
  }
}

/** Who lost the race for a block this often judges by what it has computed itself: it is the same. */
const LAST_ATTEMPT = 2;

/** Evidence of other rules, weights that began elsewhere or another attempt is another evidence. */
function nameOf({ metadata }: Canary, { revision, startedAt, guard: pins }: CanaryStatus): string {
  const { shifts: _, ...rules } = pins ?? { version: 0 };
  return `${metadata.uid}/${revision}/${startedAt}/${JSON.stringify(rules)}`;
}
