import type { Canary } from '../api/canary.ts';
import { keyOf } from '../ports/canaries.ts';
import type { World } from '../ports/world.ts';
import { owedOf } from './owed.ts';

/**
 * Sends what the stored plan still owes: computed from the outbox on every reconcile, so that a
 * message survives whoever was about to send it (DESIGN, law 3).
 */
export function notify(
  canary: Canary,
  { courier, memory }: Pick<World, 'courier' | 'memory'>,
): void {
  for (const { message, provider } of owedOf(canary, memory.accepted(keyOf(canary)))) {
    courier.dispatch(canary, message, provider);
  }
}
