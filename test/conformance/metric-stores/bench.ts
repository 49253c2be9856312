import { afterEach, beforeEach } from 'vitest';
import type { Measurement } from '../../../src/ports/telemetry.ts';
import {
  type AskedStore,
  type FakeStore,
  fakeStore,
  type StoreBehaviour,
} from '../../builders/fake-store.ts';
import { type Measured, measureTemplate } from './measuring.ts';
import type { StoreCase } from './store-case.ts';

export const QUERY = 'spec.query of MetricTemplate shop/errors';
export const PROVIDER = 'spec.provider of MetricTemplate shop/errors';
export const SECRET = 'spec.provider.secretRef of MetricTemplate shop/errors';
export const ADDRESS = 'spec.provider.address of MetricTemplate shop/errors';

/** A server that speaks as the store does, and a template that leads there; anew for each test. */
export class StoreBench {
  readonly store: StoreCase;
  #fake: FakeStore | undefined;
  secret: Record<string, string> = {};

  constructor(store: StoreCase) {
    this.store = store;
    beforeEach(async () => {
      this.#fake = await fakeStore(store.series([0.5]));
      this.secret = store.secret(this.fake.url);
    });
    afterEach(() => this.fake.close());
  }

  get fake(): FakeStore {
    if (this.#fake === undefined) throw new Error('the server has not begun');
    return this.#fake;
  }

  /** How sentences name the server. */
  get at(): string {
    return `${this.store.title} at ${this.fake.url}`;
  }

  measure(more: Partial<Measured> = {}): Promise<Measurement> {
    return measureTemplate({
      query: this.store.query,
      secret: this.secret,
      ...more,
      provider: {
        type: this.store.type,
        address: this.fake.url,
        secretRef: { name: 'keys' },
        ...this.store.provider,
        ...more.provider,
      },
    });
  }

  /** Measures where every query gets this answer. */
  answering(answer: StoreBehaviour, more?: Partial<Measured>): Promise<Measurement> {
    this.fake.answer = (asked, response) => {
      if (this.store.identity?.(asked, response) !== true) answer(asked, response);
    };
    return this.measure(more);
  }

  queries(): AskedStore[] {
    return this.fake.asked.filter((asked) => this.store.queryIn(asked) !== undefined);
  }

  /** What the last request had as its query. */
  get lastQuery(): string {
    const asked = this.queries().at(-1);
    return (asked && this.store.queryIn(asked)) ?? '';
  }
}

export function whyOf(measured: Measurement): string {
  return measured.kind === 'value' ? `the value ${measured.value}` : measured.why;
}
