import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createTelemetry,
  type SweptTelemetry,
  type TelemetryOptions,
} from '../../src/adapters/prometheus/telemetry.ts';
import type { Canary } from '../../src/api/canary.ts';
import type { GuardRuling } from '../../src/decide/observation.ts';
import { guard } from '../../src/guard.ts';
import { basisOf } from '../../src/judge/guard/pins.ts';
import type { StoredEvidence } from '../../src/ports/evidence.ts';
import { metricOf } from '../builders/canary.ts';
import { answeredBy, connectedTo } from '../builders/mesh-metrics.ts';
import { type PastPrometheus, pastPrometheus } from '../builders/past-prometheus.ts';
import type { Sampled } from '../builders/recorded-rollouts.ts';
import { canaryOf, OPENED, OVER_TCP, REQUESTS } from '../builders/scraped-mesh.ts';
import { startCrossing } from '../weather/crossing.ts';
import { answering, broken, half, html, late, type Weather } from '../weather/weathers.ts';

const END = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;
const START = END - 240_000;
/** At half of the traffic from then on. */
const WRITTEN = START + 12_000;
const CARRIED = WRITTEN + 2000;

let past: PastPrometheus;

/** A counter that grows by so many a second, when it is scraped. */
interface Grown {
  /** Connections, where they are not requests. */
  readonly overTcp?: boolean;
  readonly workload: string;
  readonly perSecond: number;
  readonly code?: string;
  readonly labels?: Record<string, string>;
  readonly from?: number;
  readonly until?: number;
  /** Milliseconds between two scrapes, at a time; default 5000. */
  readonly every?: (at: number) => number;
  /** Counts from there on. */
  readonly since?: (at: number) => number;
  readonly isAway?: (at: number) => boolean;
}

function grown({ workload, perSecond, code = '200', labels = {}, ...when }: Grown): Sampled {
  const { from = START - 60_000, until = END, every = () => 5000, since = () => from } = when;
  const values: [number, number][] = [];
  for (let at = from + 1300; at < until; at += every(at)) {
    if (when.isAway?.(at) !== true) {
      values.push([at, Math.floor(((at - since(at)) * perSecond) / 1000)]);
    }
  }
  return when.overTcp === true
    ? { name: OPENED, labels: connectedTo(workload, labels), values }
    : { name: REQUESTS, labels: answeredBy(workload, { response_code: code, ...labels }), values };
}

/** Both versions alike, 20 requests a second each. */
function both(name: string, more: Partial<Grown> = {}): Sampled[] {
  return [`${name}-primary`, name].map((workload) => grown({ workload, perSecond: 20, ...more }));
}

const failing = (workload: string, more: Partial<Grown> = {}) =>
  grown({ workload, perSecond: 8, code: '503', from: CARRIED, ...more });

/** What callers see of a Service that leads to no pod. */
function callersOf(destination_service_name: string) {
  return { reporter: 'source', destination_service_name, response_flags: 'UH' };
}

/** So many of them are of the same two workloads. */
const CALLERS = Array.from({ length: 1500 }, (_, i) => ({ source_workload: `caller-${i}` }));

const minutes = (at: number) => (at - START) / 60_000;
const inTheMiddle = (at: number) => minutes(at) > 1.5 && minutes(at) < 2.5;
const MIDDLE = START + 120_000;

const SAMPLES: readonly Sampled[] = [
  grown({ workload: 'any', perSecond: 0.2, from: START - 900_000 }),
  {
    name: 'up',
    labels: { job: 'mesh' },
    values: Array.from({ length: 240 }, (_, i) => [END - i * 5000, 1] as const).toReversed(),
  },
  ...both('steady'),
  ...both('failing'),
  ...both('broker', { overTcp: true }),
  failing('broker', { overTcp: true, labels: { response_flags: 'UF,URX' } }),
  ...both('dead-broker', { overTcp: true, until: CARRIED }).slice(1),
  ...both('dead-broker', { overTcp: true }).slice(0, 1),
  failing('unknown', { overTcp: true, labels: callersOf('dead-broker-canary') }),
  ...both('steady-broker', {
    overTcp: true,
    since: (at) => START + Math.floor((at - START) / 40_000) * 40_000 - 100,
  }),
  // A version with no connections of its own beside the requests that its routes divide.
  ...both('side-port'),
  grown({ workload: 'side-port-primary', perSecond: 1000, overTcp: true }),
  ...['side-port', 'side-port-primary'].map((name) => failing(name, { perSecond: 0.18 })),
  failing('failing'),
  ...['a', 'b'].flatMap((job) => both('twice', { labels: { job } })),
  ...['a', 'b'].map((job) => failing('twice-failing', { labels: { job } })),
  ...['a', 'b'].flatMap((job) => both('twice-failing', { labels: { job } })),
  ...both('paced', { every: (at) => (inTheMiddle(at) ? 15_000 : 5000) }),
  ...both('resetting', { since: (at) => START + Math.floor((at - START) / 40_000) * 40_000 - 100 }),
  ...both('returning', { isAway: inTheMiddle }),
  grown({ workload: 'uncalled-primary', perSecond: 20 }),
  ...both('renamed', { until: MIDDLE }),
  ...both('renamed-again', { from: MIDDLE }),
  ...CALLERS.flatMap((labels) => both('crowded', { labels, perSecond: 0.2, from: START })),
];

beforeAll(async () => {
  past = await pastPrometheus(SAMPLES);
});
afterAll(() => past.close());

interface Lived {
  readonly rulings: readonly GuardRuling[];
  /** What it knew at the end. */
  readonly evidence: StoredEvidence | undefined;
}

interface Circumstances extends Partial<TelemetryOptions> {
  /** Of the cluster's clock, after the store's. */
  readonly aheadMs?: number;
  readonly spec?: object | undefined;
  /** Called before each look. */
  readonly onLook?: (at: number, telemetry: SweptTelemetry) => Promise<void> | void;
}

/** The guard's part of a rollout at 50 %, look by look. */
async function live(name: string, circumstances: Circumstances = {}): Promise<Lived> {
  const { aheadMs = 0, onLook = () => {}, spec, ...options } = circumstances;
  past.now = START;
  const clock = { now: () => past.now + aheadMs };
  const telemetry = createTelemetry({
    server: { url: past.url },
    clock,
    template: () => undefined,
    secret: () => Promise.resolve(undefined),
    random: () => 0,
    ...options,
  });
  const checks = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];
  const canary = canaryOf(name, checks, spec);
  telemetry.setActive([canary]);
  let kept: StoredEvidence | undefined;
  const evidence = {
    read: () => Promise.resolve(kept),
    advance: (_id: string, _before: StoredEvidence | undefined, next: StoredEvidence) => {
      kept = next;
      return Promise.resolve(true);
    },
  };
  const rulings: GuardRuling[] = [];
  let pins: object | undefined;
  for (; past.now < END; past.now += 4700) {
    await onLook(past.now, telemetry);
    await telemetry.sweep(clock.now());
    const counters = telemetry.grid(canary);
    pins ??= counters && past.now > WRITTEN ? basisOf(canary, counters) : undefined;
    if (pins === undefined) continue;
    const seen = await guard(planned(canary, pins, aheadMs), { telemetry, clock, evidence });
    if (seen?.ruling !== undefined) rulings.push(seen.ruling);
  }
  telemetry.close();
  return { rulings, evidence: kept };
}

function planned(canary: Canary, pins: object, aheadMs: number): Canary {
  const start = new Date(WRITTEN + aheadMs).toISOString();
  const guardPins = { ...pins, version: 1, start, shifts: [[1, 50, 0, CARRIED - WRITTEN, 1]] };
  const step = { index: 1, weight: 50 };
  const status = { phase: 'Progressing', revision: 'r1', startedAt: start, step, guard: guardPins };
  return { ...canary, status: status as NonNullable<Canary['status']> };
}

const outcomes = ({ rulings }: Lived) => [...new Set(rulings.map(({ outcome }) => outcome))];

describe('counters of a healthy version accuse nobody when', () => {
  it.each([
    ['nothing is odd', 'steady'],
    ['two scrapers have one target', 'twice'],
    ['scrapes become rarer, and more frequent again', 'paced'],
    ['every process starts over each forty seconds', 'resetting'],
    ['there are thousands of series', 'crowded'],
    ['every process that serves TCP starts over each forty seconds', 'steady-broker', OVER_TCP],
    ['TCP comes to its primary alone, past the routes', 'side-port'],
  ])('%s', async (_what, name, spec?: object) => {
    const lived = await live(name, { spec });
    expect(outcomes(lived)).not.toContain('rollback');
    expect(lived.rulings.at(-1)).toMatchObject({ outcome: 'pass' });
  });

  it.each([-60_000, 60_000])('the store’s clock is a minute off (%d ms)', async (aheadMs) => {
    const lived = await live('steady', { aheadMs });
    expect(outcomes(lived)).not.toContain('rollback');
    expect(lived.rulings.at(-1)).toMatchObject({ outcome: 'pass' });
  });

  it('series vanish, for which it holds, and return', async () => {
    const lived = await live('returning');
    expect(outcomes(lived)).not.toContain('rollback');
    expect(lived.rulings.map(({ line }) => line).join('\n')).toMatch(
      /HOLD: no new samples of the canary and the primary/,
    );
    expect(lived.rulings.at(-1)).toMatchObject({ outcome: 'pass' });
  });

  it('its workloads are renamed in mid-rollout', async () => {
    const named = (name: string) => ({ canary: [name], primary: [`${name}-primary`] });
    const lived = await live('renamed', {
      workloadsOf: () => named(past.now < MIDDLE ? 'renamed' : 'renamed-again'),
    });
    expect(outcomes(lived)).not.toContain('rollback');
    expect(lived.rulings.at(-1)).toMatchObject({ outcome: 'pass' });
  });
});

it('a version that nobody calls is held, in one sentence', async () => {
  const lived = await live('uncalled');
  expect(outcomes(lived)).not.toContain('rollback');
  expect(lived.rulings.at(-1)?.line).toMatch(/^HOLD: .*request/);
});

describe('a failing version is found', () => {
  it.each([
    ['as it is', 'failing', {}],
    ['twice scraped', 'twice-failing', {}],
    ['by connections that fail', 'broker', { spec: OVER_TCP }],
    ['by connections that came to nobody', 'dead-broker', { spec: OVER_TCP }],
    ['by a clock that is a minute ahead', 'failing', { aheadMs: 60_000 }],
  ])('%s', async (_what, name, circumstances) => {
    const lived = await live(name, circumstances);
    expect(lived.rulings.at(-1)).toMatchObject({ outcome: 'rollback' });
  });
});

describe('a store that fails for a minute accuses nobody, and leaves no trace in the evidence', () => {
  const weathers: readonly [string, Weather, RegExp][] = [
    ['is away', broken(), /cannot be reached/],
    ['answers 503', answering(503), /503/],
    ['answers in HTML', html(), /html/],
    ['answers in half', half(), /Prometheus/],
    ['answers late', late(1500), /./],
  ];
  it.each(weathers)('%s', async (_what, weather, words) => {
    const undisturbed = await live('steady');
    const crossing = await startCrossing({ url: past.url });
    const said: string[] = [];
    let clear: (() => void) | undefined;
    const lived = await live('steady', {
      server: { url: crossing.url },
      async onLook(at, telemetry) {
        const isBad = at > MIDDLE && at < MIDDLE + 60_000;
        if (isBad) clear ??= crossing.under(weather);
        else if (clear !== undefined) clear();
        if (!isBad || at < MIDDLE + 45_000) return;
        const canary = canaryOf('steady');
        const metric = metricOf(canary, 'request-success-rate');
        const measured = await telemetry.measure(canary, metric, CARRIED, at);
        said.push(measured.kind === 'error' ? measured.why : measured.kind);
      },
    });
    await crossing.close();
    expect(said.join('\n')).toMatch(words);
    expect(outcomes(lived)).not.toContain('rollback');
    expect(lived.rulings.at(-1)).toMatchObject({ outcome: 'pass' });
    expect(lived.evidence).toEqual(undisturbed.evidence);
  });

  it('an answer larger than anybody reads is an outage in one sentence', async () => {
    const said: string[] = [];
    const lived = await live('crowded', {
      server: { url: past.url, maxBytes: 100 },
      async onLook(at, telemetry) {
        const canary = canaryOf('crowded');
        const metric = metricOf(canary, 'request-success-rate');
        const measured = await telemetry.measure(canary, metric, CARRIED, at);
        if (measured.kind === 'error') said.push(measured.why);
      },
    });
    expect(lived.rulings).toEqual([]);
    expect(said.at(-1)).toMatch(/^Prometheus at .* /);
  });
});
