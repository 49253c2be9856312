import { afterEach, beforeEach } from 'vitest';
import type { Labels } from '../../src/adapters/prometheus/answer.ts';
import { createClient, type PrometheusClient } from '../../src/adapters/prometheus/client.ts';
import {
  Sweeper,
  type SweeperOptions,
  type SweepReport,
} from '../../src/adapters/prometheus/sweep.ts';
import { watchedOf } from '../../src/adapters/prometheus/watched.ts';
import { aCanary } from './canary.ts';
import {
  type Asked,
  type Behaviour,
  type FakePrometheus,
  fakePrometheus,
  success,
} from './fake-prometheus.ts';

/** A whole minute, so that every grid has an edge there. */
export const T0 = Date.parse('2026-11-21T10:00:00Z');
export const WATCHED = watchedOf(aCanary());

/** Labels of the watched canary's successful requests. */
export const GOOD = {
  reporter: 'destination',
  destination_workload: 'checkout',
  destination_workload_namespace: 'shop',
  request_protocol: 'http',
  response_code: '200',
};

export type Rows = [Labels, [end: number, value: number][]][];

/** What a store holds, by the query that asks for it. */
export interface Held {
  requests?: Rows;
  sums?: Rows;
  counts?: Rows;
  exact?: Rows;
  own?: Rows;
  gaps?: number[];
  facts?: Record<string, string>;
  /** The store's clock less ours, in milliseconds. */
  offset?: number;
}

type Kind = 'facts' | 'requests' | 'losses' | 'sums' | 'counts' | 'exact' | 'own' | 'gaps';

/** Which query of a sweep was asked. */
export function kindOf({ form }: Asked): Kind {
  const query = form.get('query') ?? '';
  if (query.includes('"fact"')) return 'facts';
  if (query.startsWith('(count(up)')) return 'gaps';
  if (query.startsWith('group by')) return 'own';
  if (query.includes('_count')) return 'counts';
  if (query.includes('_bucket')) return query.includes('offset') ? 'exact' : 'sums';
  return query.includes('reporter=~"source') ? 'losses' : 'requests';
}

/** A store of a test's own that is swept by a clock of its own; new for each test of the file. */
export class SweptStore {
  fake!: FakePrometheus;
  readonly reports: SweepReport[] = [];
  #client!: PrometheusClient;
  #now = T0;

  constructor() {
    beforeEach(async () => {
      this.fake = await fakePrometheus(this.holding({}));
      this.#client = createClient({ url: this.fake.url });
      this.reports.length = 0;
    });
    afterEach(async () => {
      this.#client.close();
      await this.fake.close();
    });
  }

  holding(held: Held): Behaviour {
    const { gaps = [], facts = {}, offset = 0 } = held;
    const answers = {
      facts: Object.entries(facts).map(([fact, v]) => ({ metric: { fact }, value: [1, v] })),
      requests: series(held.requests),
      gaps: series(gaps.length === 0 ? [] : [[{}, gaps.map((t) => [t, 1])]]),
      losses: [],
      sums: series(held.sums),
      counts: series(held.counts),
      exact: series(held.exact),
      own: series(held.own),
    };
    return (asked, response) => {
      response.setHeader('date', new Date(this.#now + offset).toUTCString());
      const kind = kindOf(asked);
      success(kind === 'facts' ? 'vector' : 'matrix', answers[kind])(asked, response);
    };
  }

  sweeper(options: Partial<SweeperOptions> = {}): Sweeper {
    const onSweep = (report: SweepReport) => void this.reports.push(report);
    const made = new Sweeper({ client: this.#client, random: () => 0.5, onSweep, ...options });
    made.watched = [WATCHED];
    return made;
  }

  sweepAt(swept: Sweeper, time: number): Promise<void> {
    this.#now = time;
    return swept.sweep(time);
  }

  /** Ends of the first and the last block that were asked for, in seconds from T0, and the step. */
  rangesAsked(): [from: number, to: number, step: number][] {
    const at = (form: URLSearchParams, name: string) => Number(form.get(name));
    return this.fake.asked
      .filter((asked) => kindOf(asked) === 'requests')
      .map(({ form }) => [
        at(form, 'start') - T0 / 1000,
        at(form, 'end') - T0 / 1000,
        at(form, 'step'),
      ]);
  }
}

function series(rows: Rows = []) {
  return rows.map(([metric, samples]) => ({
    metric,
    values: samples.map(([end, value]) => [end / 1000, String(value)]),
  }));
}
