import type { MetricProviderType } from '../../../src/api/metric-template.ts';
import type { AskedStore, StoreBehaviour } from '../../builders/fake-store.ts';

/** The beginning of the step and the present moment of every measurement: whole minutes. */
export const SINCE = Date.parse('2026-11-02T10:00:00Z');
export const NOW = Date.parse('2026-11-02T10:05:00Z');

/** The newest values of a series, oldest first; null where the store says that there is none. */
export type Points = readonly unknown[];

/** What one store speaks, in the shape of its public API. */
export interface StoreCase {
  readonly type: MetricProviderType;
  /** In the sentences. */
  readonly title: string;
  /** Further fields of `spec.provider`. */
  readonly provider?: Readonly<Record<string, unknown>>;
  /** Whether a variable may hold any text: it is encoded, whatever it is. */
  readonly takesAnyText?: boolean;
  /** A query that names `{{ target }}`. */
  readonly query: string;
  /** What a Secret holds; its values are planted. */
  readonly secret: (url: string) => Record<string, string>;
  /** Keys of it without which nothing is asked. */
  readonly needed: readonly string[];
  /** What it holds after the credentials were changed. */
  readonly rotated: (url: string) => Record<string, string>;
  /** Who a request says it is from; another after the rotation. */
  readonly identityIn: (asked: AskedStore) => unknown;
  /** Where a request has the query. */
  readonly queryIn: (asked: AskedStore) => string | undefined;
  /** Answers requests that only prove who Linnet is; false for others. */
  readonly identity?: (asked: AskedStore, response: Parameters<StoreBehaviour>[1]) => boolean;
  /** A success with these series, the last point the newest. */
  readonly series: (...series: Points[]) => StoreBehaviour;
  /** Values that this store has a way to say. */
  readonly says: {
    readonly nan?: unknown;
    readonly infinity?: unknown;
    readonly wrong: Readonly<Record<string, unknown>>;
  };
  /** A refusal in its own form. */
  readonly refusal: (status: number, words: string) => StoreBehaviour;
  /** Successes that say of themselves that they are none, with what the sentence must match. */
  readonly inPart?: readonly (readonly [string, StoreBehaviour, RegExp])[];
}
