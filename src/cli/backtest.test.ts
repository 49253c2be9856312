import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { type Asked, type Behaviour, success } from '../../test/builders/fake-prometheus.ts';
import { GOOD, kindOf, type Rows, SweptStore } from '../../test/builders/swept-store.ts';
import { backtest, type BacktestOptions } from './backtest.ts';

const store = new SweptStore();
const FROM = Date.parse('2026-11-20T09:00:00Z');
const EDGE_MS = 15_000;
const HOUR = 240;

let folder: string;
let printed: { stdout: string; stderr: string };
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'linnet-backtest-'));
  printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[stream] += String(text);
      return true;
    });
  }
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

async function fileOf(spec: object = {}, group = 'flagger.app'): Promise<string> {
  const file = path.join(folder, `${group}.yaml`);
  const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 }, interval: '1m' }];
  const manifest = {
    apiVersion: `${group}/v1beta1`,
    kind: 'Canary',
    metadata: { name: 'checkout', namespace: 'shop' },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout' },
      service: { port: 80 },
      analysis: { interval: '1m', threshold: 3, stepWeight: 10, maxWeight: 30, metrics, ...spec },
    },
  };
  await writeFile(file, stringify(manifest));
  return file;
}

const run = async (more: Partial<BacktestOptions> = {}) =>
  backtest({
    filename: [await fileOf()],
    namespace: 'default',
    prometheus: store.fake.url,
    from: new Date(FROM).toISOString(),
    to: new Date(FROM + HOUR * EDGE_MS).toISOString(),
    output: 'json',
    ...more,
  });

/** Requests of an hour: two minutes at 10 % of which half fail, from the fifth minute on. */
function requests(): Rows {
  const growth = (of: (edge: number) => number) =>
    Array.from({ length: HOUR }, (_, i): [number, number] => [FROM + (i + 1) * EDGE_MS, of(i)]);
  const isOut = (edge: number) => edge >= 20 && edge < 32;
  const canary = growth((edge) => (isOut(edge) ? 30 : 0)).filter(([, value]) => value > 0);
  return [
    [
      { ...GOOD, destination_workload: 'checkout-primary' },
      growth((edge) => (isOut(edge) ? 540 : 600)),
    ],
    [GOOD, canary],
    [{ ...GOOD, response_code: '503' }, canary],
  ];
}

/** What a range asks for of what the store holds, as Prometheus cuts it. */
function holding(rows: Rows, samples: string[]): Behaviour {
  return (asked, response) => {
    const query = asked.form.get('query') ?? '';
    const [start, end] = ['start', 'end'].map((name) => 1000 * Number(asked.form.get(name)));
    const at = start! / 1000;
    if (query.startsWith('max(count_over_time(istio')) {
      const values = samples.map((text, i) => [at + 60 * i, text]);
      return success('matrix', values.length === 0 ? [] : [{ metric: {}, values }])(
        asked,
        response,
      );
    }
    if (query.startsWith('count(last_over_time(up')) {
      return success('matrix', [{ metric: {}, values: [[at, '1']] }])(asked, response);
    }
    const within = rows.map(([labels, values]): Rows[0] => [
      labels,
      values.filter(([time]) => time >= start! && time <= end!),
    ]);
    return store.holding({ requests: within })(asked, response);
  };
}

const stepsAsked = (asked: readonly Asked[]) =>
  asked
    .filter((one) => kindOf(one) === 'requests' && one.form.get('query')!.startsWith('sum by'))
    .map(({ form }) => [
      Number(form.get('step')),
      Number(form.get('end')) - Number(form.get('start')),
    ]);

describe('linnet backtest', () => {
  it('holds a Flagger Canary against what Prometheus remembers, by both rules', async () => {
    store.fake.answer = holding(requests(), ['4', '4', '5']);
    expect(await run()).toBe(0);
    const told = JSON.parse(printed.stdout);
    expect(told).toMatchObject({
      kind: 'Backtest',
      workloads: [
        {
          workload: { namespace: 'shop', name: 'checkout' },
          rollouts: [
            {
              from: '2026-11-20T09:05:00.000Z',
              to: '2026-11-20T09:08:00.000Z',
              steps: [{ weight: 10 }],
              canary: { requests: 720, bad: 360 },
              verdicts: [
                { policy: 'Flagger', outcome: 'hold' },
                {
                  policy: 'Linnet',
                  outcome: 'rollback',
                  by: 'guard',
                  afterSeconds: 45,
                  failedUntil: 90,
                },
              ],
            },
          ],
        },
      ],
    });
    expect(printed.stderr).toBe('1 of 1 read: shop/checkout\n');
    expect(stepsAsked(store.fake.asked)).toEqual([[15, 600 + 3600 - 15]]);
  });

  it('compares two policies, as text', async () => {
    store.fake.answer = holding(requests(), ['4']);
    const against = await fileOf({ threshold: 1, guard: { enabled: false } }, 'linnet.dev');
    expect(await run({ against, output: 'text' })).toBe(0);
    expect(printed.stdout).toMatch(/Flagger +holds/);
    expect(printed.stdout).toMatch(/Linnet +rolls back +09:05:45/);
    expect(printed.stdout).toMatch(/Linnet \(--against\) +rolls back +09:06:15/);
  });

  it('says that there was nothing, and looks no closer than anybody scrapes', async () => {
    store.fake.answer = holding([], []);
    expect(await run()).toBe(0);
    const { notes } = JSON.parse(printed.stdout).workloads[0];
    expect(notes).toContain(
      'istio_requests_total has no sample of checkout or checkout-primary in namespace shop in this history, nor of any other workload.',
    );
    expect(notes).toContain('No version change is in this history.');
  });

  it('says from when on the store remembers anything', async () => {
    const kept = String((FROM + 1_800_000) / 1000);
    store.fake.answer = (asked, response) =>
      asked.form.get('query')!.startsWith('count(last_over_time(up')
        ? success('matrix', [{ metric: {}, values: [[Number(kept), '1']] }])(asked, response)
        : holding([], ['4'])(asked, response);
    await run();
    const [{ notes }] = JSON.parse(printed.stdout).workloads;
    expect(notes).toContain('The store has samples from 2026-11-20T09:30:00.000Z on only.');
  });

  it('reads what is scraped each second in edges of five', async () => {
    store.fake.answer = holding([], ['60']);
    await run();
    expect(stepsAsked(store.fake.asked)).toEqual([[5, 600 + 3600 - 5]]);
  });

  it('ends with a sentence where Prometheus does not answer', async () => {
    store.fake.answer = (_asked, response) => response.writeHead(503).end('gone');
    expect(await run()).toBe(1);
    expect(printed.stdout).toBe('');
    expect(printed.stderr).toMatch(/^The history could not be read: Prometheus at .* 503/);
  });

  it.each<[string, Partial<BacktestOptions>, RegExp]>([
    [
      'a span that ends before it begins',
      { from: '-1h', to: '-2h' },
      /^--from: found .* a minute before --to/,
    ],
    ['a span of years', { from: '-400d', to: 'now' }, /allowed are 31 days/],
    ['no time at all', { to: 'tomorrow' }, /^--to: found 'tomorrow'/],
  ])('refuses %s', async (_, options, sentence) => {
    await expect(run(options)).rejects.toThrow(sentence);
    expect(store.fake.asked).toEqual([]);
  });
});
