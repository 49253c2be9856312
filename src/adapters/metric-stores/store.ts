import type { MetricProvider } from '../../api/metric-template.ts';
import type { QueryLanguage } from '../../api/query-template.ts';
import type { Line } from './line.ts';
import type { SecretKeys } from './secret-keys.ts';

/** One system that holds metrics: how it is asked, and where in its answer the value stands. */
export interface Store {
  /** As people call it. */
  readonly title: string;
  readonly language: QueryLanguage;
  /**
   * The newest value of each series that the query gives, in no order.
   *
   * @throws StoreError
   */
  ask(question: Question): Promise<readonly Newest[]>;
}

/**
 * A series' newest value exactly as it was sent, or the end of a sentence that says why it has none,
 * or what it is where the store says that it is no number.
 */
export type Newest =
  { readonly value: unknown } | { readonly missing: string } | { readonly type: string };

export interface Question {
  readonly provider: MetricProvider;
  /** `spec.query`, with its variables filled in. */
  readonly query: string;
  /** Fills the variables into another text of the template; throws a `TemplateError`. */
  readonly fill: (text: string, language: QueryLanguage) => string;
  readonly secret: SecretKeys;
  /** How to reach the address of the template, or the store's usual one. */
  readonly line: Line;
  /** For addresses that no manifest names: where this pod's own identity is had. */
  readonly ambientLine: Line;
  /** The metric's interval in milliseconds, no longer than the step has lasted. */
  readonly intervalMs: number;
  /** Samples from here on count, in milliseconds since 1970: ten intervals back, as in Flagger, in this step. */
  readonly from: number;
  readonly now: number;
}

/** One sentence for people, without the field it is about. No secret occurs in it. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** The field of the MetricTemplate, such as `spec.provider.secretRef`. */
  readonly field: string;
  /** Whether the store as a whole is of no use now, rather than this one query. */
  readonly outage: boolean;
  /** For how long the store wants not to be asked again, in milliseconds; undefined: it did not say. */
  readonly restMs: number | undefined;

  constructor(field: string, message: string, facts: { outage?: boolean; restMs?: number } = {}) {
    super(message);
    this.field = field;
    this.outage = facts.outage ?? false;
    this.restMs = facts.restMs;
  }
}

/** The query, or what it asks for, is wrong. */
export function wrongQuery(message: string): StoreError {
  return new StoreError('spec.query', message);
}

/** @throws StoreError where the template has none; admission refuses that already. */
export function addressOf({ type, address }: MetricProvider): string {
  if (address !== undefined) return address;
  throw new StoreError('spec.provider.address', `found nothing, needed is the address of ${type}`);
}

/** The last of a series that is there; of none, that it has no value. */
export function lastOf(values: readonly unknown[]): Newest {
  const value = values.findLast((one) => one !== null && one !== undefined);
  return value === undefined ? NONE : { value };
}

export const NONE: Newest = { missing: 'has no value yet' };
