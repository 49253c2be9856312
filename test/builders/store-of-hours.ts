import { type Exporter, type PastTraffic, pastTraffic, upThroughout } from './past-traffic.ts';
import type { Sampled } from './recorded-rollouts.ts';

export const MINUTE_MS = 60_000;
/** A whole minute of today, so that no retention matters. */
export const END = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 10 * MINUTE_MS;
export const START = END - 240 * MINUTE_MS;
export const at = (minute: number) => START + minute * MINUTE_MS;
export const WEIGHTS = [10, 20, 30, 40, 50];

/** Minutes after `START`. */
export const CART = {
  healthy: 20,
  'five in a hundred': 45,
  total: 70,
  outage: 95,
  slow: 120,
  'healthy again': 145,
  'right after it': 157,
};

let seed = 0;

function traffic(
  name: string,
  more: Partial<PastTraffic> & Pick<PastTraffic, 'releases'>,
  exporter: Partial<Exporter> = {},
): Sampled[] {
  seed += 1;
  const names = { canary: name, primary: `${name}-primary` };
  return pastTraffic({ from: START, to: END, seed, ...more }, { ...names, ...exporter });
}

const broken = [{ at: 60, weights: WEIGHTS, fails: 0.2 }];
/** What a store of some hours holds, made by several exporters. */
export const HISTORY: readonly Sampled[] = [
  // The store was there before, or all that it has would look as if it had begun just then.
  upThroughout(START - 20 * MINUTE_MS, END),
  ...traffic('cart', {
    primaryPodMinutes: 37,
    releases: [
      { at: CART.healthy, weights: WEIGHTS },
      { at: CART['five in a hundred'], weights: WEIGHTS, fails: 0.05 },
      { at: CART.total, weights: [10], stepMinutes: 6, fails: 1 },
      { at: CART.outage, weights: WEIGHTS },
      { at: CART.slow, weights: WEIGHTS, slow: 0.3 },
      { at: CART['healthy again'], weights: WEIGHTS },
      { at: CART['right after it'], weights: WEIGHTS },
    ],
    outages: [{ at: CART.outage + 3, fails: 0.3 }],
  }),
  ...traffic('search', {
    releases: [{ at: 30, weights: WEIGHTS, stepMinutes: 3 }],
    scrapeMs: 30_000,
  }),
  // Counters alone, with no label that it can be done without.
  ...traffic('bare', { releases: broken }, { hasHistograms: false, labels: bareLabels }),
  ...traffic('called', { releases: broken }, { labels: (of) => ({ ...of, reporter: 'source' }) }),
  ...traffic('nameless', { releases: broken }, { labels: withoutReporter }),
  ...traffic('holes', {
    releases: [
      { at: 60, weights: WEIGHTS, fails: 0.2 },
      { at: 120, weights: WEIGHTS },
    ],
    gaps: [
      [62, 64],
      [124, 140],
    ],
  }),
  // The store begins in the middle of a rollout, with counters that have counted for long.
  ...begun(traffic('begun', { releases: [{ at: 60, weights: WEIGHTS }] }), at(63)),
  ...versions(),
];

function bareLabels(of: Readonly<Record<string, string>>) {
  const kept = [
    'reporter',
    'destination_workload',
    'destination_workload_namespace',
    'response_code',
  ];
  return Object.fromEntries(Object.entries(of).filter(([label]) => kept.includes(label)));
}

function withoutReporter(of: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(of).filter(([label]) => label !== 'reporter'));
}

function begun(samples: readonly Sampled[], from: number): Sampled[] {
  const [BEFORE, FAILED] = [1_000_000, 50_000];
  return samples.map((series) => {
    const [first] = series.values[0] ?? [from];
    const isOld = first < from;
    const more = !isOld ? 0 : series.labels['response_code'] === '503' ? FAILED : BEFORE;
    const values = series.values.filter(([time]) => time >= from);
    return { ...series, values: values.map(([time, value]) => [time, value + more] as const) };
  });
}

/** web-v1 serves; web-v2 takes all, fails as it has all, and web-v1 comes back. */
function versions(): Sampled[] {
  const changes = { from: START, to: END, seed: 99 };
  const steps = [...WEIGHTS, ...Array.from({ length: 15 }, () => 100), 60, 20];
  return pastTraffic(
    { ...changes, releases: [{ at: 60, weights: steps }] },
    { canary: 'web-v2', primary: 'web-v1' },
  );
}
