import type { Canary } from '../api/canary.ts';
import type { Message } from '../api/status.ts';

/** What became of one attempt to deliver a message. */
export type Delivery =
  | { readonly kind: 'accepted' }
  /** Try again; `afterMs` when the receiver named a time. */
  | { readonly kind: 'retry'; readonly why: string; readonly afterMs?: number }
  /** Never going to work: bad address, missing Secret, refused by the receiver for good. */
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Hands one message to one provider (`events`, `default`, or `<namespace>/<name>` of an
 * AlertProvider). Idempotency key: `uid/n/provider`. Never rejects.
 */
export interface Notifier {
  deliver(
    canary: Canary,
    message: Message,
    provider: string,
    signal: AbortSignal,
  ): Promise<Delivery>;
}
