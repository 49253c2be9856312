import type { Canary } from '../api/canary.ts';
import { keyOf } from '../ports/canaries.ts';
import type { World } from '../ports/world.ts';

/**
 * Sends what the stored plan still owes: computed from the outbox on every reconcile, so that a
 * message survives whoever was about to send it (DESIGN, law 3).
 */
export function notify(canary: Canary, { courier, memory }: World): void {
  const accepted = memory.accepted(keyOf(canary));
  for (const message of canary.status?.outbox ?? []) {
    for (const provider of message.owed) {
      const done = accepted.some((a) => a.n === message.n && a.provider === provider);
      if (!done) courier.dispatch(canary, message, provider);
    }
  }
}
