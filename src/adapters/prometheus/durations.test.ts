import { describe, expect, it } from 'vitest';
import {
  GOOD,
  kindOf,
  type Rows,
  SweptStore,
  T0,
  WATCHED,
} from '../../../test/builders/swept-store.ts';
import type { Sweeper } from './sweep.ts';

const store = new SweptStore();

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
    store.fake.answer = store.holding({
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
    const swept = store.sweeper();
    await store.sweepAt(swept, T0 + 1000);
    expect(ours(swept)).toEqual([
      [100, 50],
      [Infinity, 50],
    ]);
    expect(store.fake.asked.map(kindOf)).not.toContain('exact');
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
    store.fake.answer = store.holding({ sums: first, counts, exact });
    const swept = store.sweeper();
    await store.sweepAt(swept, T0 + 1000);
    expect(ours(swept)).toEqual([
      [100, 70],
      [Infinity, 80],
    ]);
    const query = store.fake.asked.find((asked) => kindOf(asked) === 'exact')?.form.get('query');
    expect(query).toContain('destination_workload=~"checkout"');
  });

  it('of workloads that nobody watches cost nothing more', async () => {
    const others = first.map(([labels, values]): Rows[number] => [
      { ...labels, destination_workload: 'other' },
      values,
    ]);
    store.fake.answer = store.holding({ sums: others });
    await store.sweepAt(store.sweeper(), T0 + 1000);
    expect(store.fake.asked.map(kindOf)).not.toContain('exact');
  });
});
