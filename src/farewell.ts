import type { Canary } from './api/canary.ts';
import type { CanaryStatus } from './api/status.ts';
import { isToldToAll } from './decide/outbox.ts';
import { timeOf } from './decide/situation.ts';
import { notify } from './notify/notify.ts';
import { keyOf } from './ports/canaries.ts';
import type { World } from './ports/world.ts';

/**
 * Everything is given back: the object may go, once people have been told or long enough could have
 * been, by this process: while none ran, nobody tried. Who dies before finds it still Terminated, and
 * lets it go again.
 *
 * @returns when to look again, in milliseconds since 1970; undefined when it was let go.
 */
export async function farewell(
  canary: Canary,
  status: CanaryStatus,
  world: Pick<World, 'canaries' | 'clock' | 'courier' | 'memory'>,
): Promise<number | undefined> {
  const { clock, memory, canaries } = world;
  const key = keyOf(canary);
  const now = clock.now();
  const over = timeOf(status.lastTransitionTime) ?? 0;
  const begun = Math.max(over, memory.farewellAt(key) ?? now);
  memory.setFarewellAt(key, begun);
  notify(canary, world);
  if (!isToldToAll(status, memory.accepted(key)) && now < begun + FAREWELL_MS) {
    return now + FAREWELL_LOOK_MS;
  }
  await canaries.release(canary);
  return undefined;
}

/** A provider that is down must not keep anybody from deleting a Canary. */
const FAREWELL_MS = 10_000;
const FAREWELL_LOOK_MS = 250;
