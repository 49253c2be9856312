import { afterAll, afterEach, beforeAll } from 'vitest';
import {
  createClient,
  type ClientOptions,
  type PrometheusClient,
} from '../../src/adapters/prometheus/client.ts';
import { PrometheusError } from '../../src/adapters/prometheus/errors.ts';
import { fakePrometheus, vector, type Behaviour, type FakePrometheus } from './fake-prometheus.ts';

/** A server for the tests of a file, and clients of it that are closed after each test. */
export class PlayedPrometheus {
  fake!: FakePrometheus;
  readonly #open: PrometheusClient[] = [];

  constructor() {
    beforeAll(async () => {
      this.fake = await fakePrometheus(vector(['1']));
    });
    afterEach(() => {
      for (const client of this.#open.splice(0)) client.close();
    });
    afterAll(() => this.fake.close());
  }

  client(options: Partial<ClientOptions> = {}): PrometheusClient {
    const made = createClient({ url: this.fake.url, timeoutMs: 5000, ...options });
    this.#open.push(made);
    return made;
  }

  /** The error that a query comes to when it is answered so. */
  async failure(answer: Behaviour, options: Partial<ClientOptions> = {}): Promise<PrometheusError> {
    this.fake.answer = answer;
    const error: unknown = await this.client(options)
      .query('up')
      .catch((reason: unknown) => reason);
    if (error instanceof PrometheusError) return error;
    throw new Error('the query came to no error of Prometheus', { cause: error });
  }
}
