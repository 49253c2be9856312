import { GROUP } from './group.ts';

/** Stamp of the last store that decided what the object must be (DESIGN section 5). */
export const FENCE = `${GROUP}/fence`;
/** UID of the Canary that holds this object; nobody else may write it. */
export const CLAIMED_BY = `${GROUP}/claimed-by`;
/** Name of the Canary that an owned or claimed object belongs to, for people and selectors. */
export const CANARY = `${GROUP}/canary`;
/** Hash of the pinned pod template that an owned workload or ControllerRevision carries. */
export const REVISION = `${GROUP}/revision`;
/**
 * How often a pinned object that no plan named has been taken up again: who meant to remove it saw
 * another version of it.
 */
export const TAKEN_UP = `${GROUP}/taken-up`;
/** Keeps a deleted Canary until the target is brought back. */
export const FINALIZER = `${GROUP}/finalizer`;

/**
 * Orders from a person or the CLI, set on the Canary. The value is the revision that is meant,
 * optionally followed by `@` and anything that makes a repeated order differ from the last one.
 */
export const ORDERS = ['pause', 'resume', 'promote', 'abort', 'retry'] as const;
export type Order = (typeof ORDERS)[number];

/** The annotation that carries an order, such as `linnet.dev/pause`. */
export function orderAnnotation(order: Order): string {
  return `${GROUP}/${order}`;
}
