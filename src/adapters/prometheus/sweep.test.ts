import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import {
  type Asked,
  type Behaviour,
  type FakePrometheus,
  fakePrometheus,
  refusal,
  success,
  text,
} from '../../../test/builders/fake-prometheus.ts';
import type { Labels } from './answer.ts';
import { createClient, type PrometheusClient } from './client.ts';
import { Sweeper, type SweeperOptions, type SweepReport } from './sweep.ts';
import { watchedOf } from './watched.ts';

/** A whole minute, so that every grid has an edge there. */
const T0 = Date.parse('2026-11-21T10:00:00Z');
const WATCHED = watchedOf(aCanary());

let fake: FakePrometheus;
let client: PrometheusClient;
const reports: SweepReport[] = [];

beforeEach(async () => {
  fake = await fakePrometheus(store({}));
  client = createClient({ url: fake.url });
  reports.length = 0;
});

afterEach(async () => {
  client.close();
  await fake.close();
});

type Rows = [Labels, [end: number, value: number][]][];

/** What a store holds, by the query that asks for it. */
interface Held {
  requests?: Rows;
  sums?: Rows;
  counts?: Rows;
  exact?: Rows;
  gaps?: number[];
  facts?: Record<string, string>;
  /** The store's clock less ours, in milliseconds. */
  offset?: number;
}

/** Our clock. */
let now = T0;

function sweepAt(swept: Sweeper, time: number): Promise<void> {
  now = time;
  return swept.sweep(time);
}

function store(held: Held): Behaviour {
  const { gaps = [], facts = {}, offset = 0 } = held;
  const samples = (values: [number, number][]) => values.map(([t, v]) => [t / 1000, String(v)]);
  const series = (rows: Rows = []) =>
    rows.map(([metric, values]) => ({ metric, values: samples(values) }));
  return (asked, response) => {
    response.setHeader('date', new Date(now + offset).toUTCString());
    const kind = kindOf(asked);
    const answers = {
      facts: Object.entries(facts).map(([fact, v]) => ({ metric: { fact }, value: [1, v] })),
      requests: series(held.requests),
      gaps: series(gaps.length === 0 ? [] : [[{}, gaps.map((t) => [t, 1])]]),
      losses: [],
      sums: series(held.sums),
      counts: series(held.counts),
      exact: series(held.exact),
    };
    success(kind === 'facts' ? 'vector' : 'matrix', answers[kind])(asked, response);
  };
}

type Kind = 'facts' | 'requests' | 'losses' | 'sums' | 'counts' | 'exact' | 'gaps';

function kindOf({ form }: Asked): Kind {
  const query = form.get('query') ?? '';
  if (query.includes('"fact"')) return 'facts';
  if (query.startsWith('(count(up)')) return 'gaps';
  if (query.includes('_count')) return 'counts';
  if (query.includes('_bucket')) return query.includes('offset') ? 'exact' : 'sums';
  return query.includes('reporter="source"') ? 'losses' : 'requests';
}

function sweeper(options: Partial<SweeperOptions> = {}): Sweeper {
  const onSweep = (report: SweepReport) => void reports.push(report);
  const made = new Sweeper({ client, random: () => 0.5, onSweep, ...options });
  made.watched = [WATCHED];
  return made;
}

/** Starts and ends of the blocks that were asked for, relative to T0, in seconds. */
function rangesAsked(): [from: number, to: number, step: number][] {
  const at = (form: URLSearchParams, name: string) => Number(form.get(name));
  return fake.asked
    .filter((asked) => kindOf(asked) === 'requests')
    .map(({ form }) => [
      at(form, 'start') - T0 / 1000,
      at(form, 'end') - T0 / 1000,
      at(form, 'step'),
    ]);
}

const GOOD = {
  reporter: 'destination',
  destination_workload: 'checkout',
  destination_workload_namespace: 'shop',
  request_protocol: 'http',
  response_code: '200',
};

describe('the blocks', () => {
  it('have fixed edges, whenever somebody looks, and are each read once', async () => {
    const swept = sweeper();
    await sweepAt(swept, T0 + 3456);
    await sweepAt(swept, T0 + 5500);
    await sweepAt(swept, T0 + 13_700);
    await sweepAt(swept, T0 + 16_999);
    // Without a known scrape time, an edge is read one second after it.
    expect(rangesAsked()).toEqual([
      [-55, 0, 5],
      [5, 10, 5],
      [15, 15, 5],
    ]);
  });

  it.each([
    [{ samples: '10' }, 1],
    [{ samples: '5' }, 2],
    [{ samples: '2' }, 5],
    [{ samples: 'NaN' }, 5],
    [{}, 5],
  ])('follow the scrapes that were seen: %j', async (facts, step) => {
    fake.answer = store({ facts });
    await sweepAt(sweeper(), T0 + 5000);
    expect(rangesAsked()[0]?.[2]).toBe(step);
  });

  it('are read only when slow scrapes have ended, too', async () => {
    fake.answer = store({ facts: { scrape: '3' } });
    const swept = sweeper();
    await sweepAt(swept, T0 + 4000);
    expect(rangesAsked()).toEqual([[-60, -5, 5]]);
    await sweepAt(swept, T0 + 4800);
    expect(rangesAsked().at(-1)).toEqual([0, 0, 5]);
  });

  it('are those of the store’s clock', async () => {
    fake.answer = store({ offset: 300_000 });
    await sweepAt(sweeper(), T0);
    const [from, to] = rangesAsked()[0] ?? [];
    expect(to).toBeGreaterThanOrEqual(290);
    expect(to).toBeLessThanOrEqual(300);
    expect(Number(to) - Number(from)).toBe(55);
  });

  it('start over when a clock was wrong, and is put right', async () => {
    const swept = sweeper();
    await sweepAt(swept, T0 + 600_000);
    await sweepAt(swept, T0 + 1000);
    expect(rangesAsked().at(-1)).toEqual([-55, 0, 5]);
  });

  it('reach back as far as a metric looks, but not for ever', async () => {
    const swept = sweeper();
    const long = aCanary({
      analysis: { metrics: [{ name: 'request-duration', interval: '2h' }] },
    });
    swept.watched = [watchedOf(long)];
    await sweepAt(swept, T0 + 1000);
    expect(rangesAsked()).toEqual([[-3595, 0, 5]]);
  });

  it('before which the store had nothing are void: nobody can tell what is new', async () => {
    const values: [number, number][] = [
      [T0 - 5000, 1_000_000],
      [T0, 7],
    ];
    fake.answer = store({ requests: [[GOOD, values]], gaps: [T0 - 5000] });
    const swept = sweeper();
    await sweepAt(swept, T0 + 1000);
    const period = { after: 0, until: T0 };
    expect(swept.ledger.tally(WATCHED, WATCHED.canary, period).good).toBe(7);
    expect(swept.ledger.coveredFrom(WATCHED.key)).toBe(T0 - 5000);
  });
});

describe('a sweep', () => {
  it('is shared by all who want it while it runs', async () => {
    const swept = sweeper();
    await Promise.all([sweepAt(swept, T0), sweepAt(swept, T0), sweepAt(swept, T0 + 1)]);
    expect(reports).toHaveLength(1);
    expect(fake.asked).toHaveLength(7);
  });

  it('asks nothing while there is nothing to learn', async () => {
    const swept = sweeper();
    swept.watched = [];
    await sweepAt(swept, T0);
    expect(fake.asked).toHaveLength(0);
    swept.watched = [WATCHED];
    await sweepAt(swept, T0 + 1000);
    const asked = fake.asked.length;
    await sweepAt(swept, T0 + 3000);
    expect(fake.asked).toHaveLength(asked);
  });

  it('rests after a failure, longer each time, and then goes on', async () => {
    const swept = sweeper();
    fake.answer = text('down', 503);
    const attempts: number[] = [];
    for (let ms = 0; ms < 10_000; ms += 50) {
      const before = reports.length;
      await sweepAt(swept, T0 + ms);
      if (reports.length > before) attempts.push(ms);
    }
    const pauses = attempts.slice(1).map((at, i) => at - (attempts[i] ?? 0));
    expect(pauses.length).toBeGreaterThanOrEqual(3);
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect(pauses[0]).toBeGreaterThanOrEqual(500);
    expect(swept.error?.message).toContain('answered 503: down');
    fake.answer = store({});
    await sweepAt(swept, T0 + 60_000);
    expect(swept.error).toBeUndefined();
    expect(swept.ageMs(T0 + 60_000)).toBe(0);
  });

  it.each([
    [0, 250],
    [0.999, 749],
  ])('rests with jitter: %d', async (random, least) => {
    const swept = sweeper({ random: () => random });
    fake.answer = text('down', 503);
    await sweepAt(swept, T0);
    await sweepAt(swept, T0 + least - 1);
    expect(reports).toHaveLength(1);
    await sweepAt(swept, T0 + least + 5000);
    expect(reports).toHaveLength(2);
  });

  it('asks for less from a store that cannot answer for so long a time', async () => {
    const swept = sweeper();
    const good = store({});
    fake.answer = (asked, response) =>
      (kindOf(asked) === 'facts' ? good : refusal(503, 'timeout', 'too slow'))(asked, response);
    for (let i = 0; i < 4; i++) await sweepAt(swept, T0 + 1000 + i * 60_000);
    const lengths = rangesAsked().map(([from, to, step]) => to - from + step);
    expect(lengths).toEqual([60, 30, 15, 10]);
  });

  it('goes on where it was after a short outage, and starts over after a long one', async () => {
    const swept = sweeper();
    await sweepAt(swept, T0 + 1000);
    const covered = swept.ledger.coveredFrom(WATCHED.key);
    await sweepAt(swept, T0 + 41_000);
    expect(rangesAsked().at(-1)).toEqual([5, 40, 5]);
    expect(swept.ledger.coveredFrom(WATCHED.key)).toBe(covered);
    await sweepAt(swept, T0 + 641_000);
    expect(rangesAsked().at(-1)).toEqual([585, 640, 5]);
    expect(swept.ledger.coveredFrom(WATCHED.key)).toBe(T0 + 580_000);
  });

  it('has a deadline for all its queries together', async () => {
    const good = store({});
    fake.answer = (asked, response) => {
      if (kindOf(asked) !== 'sums') good(asked, response);
    };
    await sweepAt(sweeper({ deadlineMs: 200 }), T0);
    expect(reports[0]?.error).toMatchObject({
      kind: 'timeout',
      message: `Prometheus at ${fake.url} did not answer the queries of a sweep within 0.2 s`,
    });
  });

  const bad: [string, Behaviour, string][] = [
    ['a part of the data', success('matrix', [], ['shard 3 is away']), 'only in part: shard 3'],
    ['the wrong type', success('vector', []), 'answered a range query with a vector'],
    ['a page', text('<html>', 200, 'text/html'), 'not Prometheus’ JSON'],
  ];
  it.each(bad)('counts nothing when one query gets %s', async (_name, answer, sentence) => {
    const good = store({ requests: [[GOOD, [[T0, 7]]]] });
    fake.answer = (asked, response) => (kindOf(asked) === 'sums' ? answer : good)(asked, response);
    const swept = sweeper();
    await sweepAt(swept, T0 + 1000);
    expect(reports[0]?.error?.message).toContain(sentence);
    expect(swept.ledger.newest).toBeUndefined();
  });

  it('forgets what nobody looks at any more, and what nobody watches', async () => {
    const swept = sweeper();
    fake.answer = store({ requests: [[GOOD, [[T0, 7]]]] });
    await sweepAt(swept, T0 + 1000);
    const all = { after: 0, until: Infinity };
    const good = () => swept.ledger.tally(WATCHED, WATCHED.canary, all).good;
    expect(good()).toBe(7);
    fake.answer = store({});
    for (let minute = 1; minute <= 5; minute++) await sweepAt(swept, T0 + minute * 50_000 + 1000);
    expect(good()).toBe(7);
    await sweepAt(swept, T0 + 301_000 + 5000);
    expect(good()).toBe(0);
    expect(swept.ledger.isSeen(WATCHED, WATCHED.canary)).toBe(false);
  });
});

describe('durations', () => {
  const { response_code: _, ...workload } = GOOD;
  const bucket = (le: string, values: [number, number][]): Rows[number] => [
    { ...workload, le },
    values,
  ];
  const first: Rows = [
    bucket('100', [
      [T0 - 5000, 40],
      [T0, 90],
    ]),
    bucket('+Inf', [
      [T0 - 5000, 50],
      [T0, 100],
    ]),
  ];
  const ours = (swept: Sweeper) =>
    swept.ledger.durations(WATCHED, WATCHED.canary, { after: T0 - 5000, until: T0 });

  it('are the growth of sums, which are cheap', async () => {
    fake.answer = store({
      sums: first,
      counts: [
        [
          workload,
          [
            [T0 - 5000, 50],
            [T0, 50],
          ],
        ],
      ],
    });
    const swept = sweeper();
    await sweepAt(swept, T0 + 1000);
    expect(ours(swept)).toEqual([
      [100, 50],
      [Infinity, 50],
    ]);
    expect(fake.asked.map(kindOf)).not.toContain('exact');
  });

  it.each([
    ['a pod ended meanwhile, or was away for a scrape', 80],
    ['nothing tells how many there were', 0],
  ])('are taken series by series where the sums hide something: %s', async (_name, grown) => {
    const counts: Rows =
      grown === 0
        ? []
        : [
            [
              workload,
              [
                [T0 - 5000, 50],
                [T0, grown],
              ],
            ],
          ];
    const exact = [bucket('100', [[T0, 70]]), bucket('+Inf', [[T0, 80]])];
    fake.answer = store({ sums: first, counts, exact });
    const swept = sweeper();
    await sweepAt(swept, T0 + 1000);
    expect(ours(swept)).toEqual([
      [100, 70],
      [Infinity, 80],
    ]);
    const query = fake.asked.find((asked) => kindOf(asked) === 'exact')?.form.get('query');
    expect(query).toContain('destination_workload=~"checkout"');
  });

  it('of workloads that nobody watches cost nothing more', async () => {
    const others = first.map(([labels, values]): Rows[number] => [
      { ...labels, destination_workload: 'other' },
      values,
    ]);
    fake.answer = store({ sums: others });
    await sweepAt(sweeper(), T0 + 1000);
    expect(fake.asked.map(kindOf)).not.toContain('exact');
  });
});

describe('the selectors', () => {
  const queries = () => fake.asked.map(({ form }) => form.get('query') ?? '').join('\n');

  it('name the workloads when they are few', async () => {
    await sweepAt(sweeper(), T0);
    expect(queries()).toContain('destination_workload_namespace=~"shop"');
    expect(queries()).toContain('destination_workload=~"checkout|checkout-primary"');
    expect(queries()).toContain('destination_service_name=~"checkout-canary|checkout-primary"');
  });

  it('do not, when the list would be longer than the answer', async () => {
    const swept = sweeper();
    swept.watched = Array.from({ length: 200 }, (_, i) => {
      const name = `app-${i}`;
      const targetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name };
      return watchedOf(aCanary({ metadata: { name }, spec: { targetRef } }));
    });
    await sweepAt(swept, T0);
    expect(queries()).not.toContain('app-');
    expect(queries()).toContain('destination_workload_namespace=~"shop"');
    expect(queries().length).toBeLessThan(5000);
  });

  it('take a name by the letter', async () => {
    const swept = sweeper();
    const targetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a.b' };
    swept.watched = [
      watchedOf(aCanary({ spec: { targetRef, service: { name: 'front', port: 80 } } })),
    ];
    await sweepAt(swept, T0);
    expect(queries()).toContain(String.raw`destination_workload=~"a\\.b|a\\.b-primary"`);
  });
});
