import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import {
  aKnownRollout,
  ASKED,
  type EdgeCounts,
  type Rollout,
  START,
} from '../../test/builders/explained.ts';
import { type Case, caseOf, noCase } from './case.ts';
import { evidenceLines } from './evidence-line.ts';
import { rulesText } from './wording.ts';

const HEALTHY: EdgeCounts = [
  [40, 0],
  [160, 1],
];
const BROKEN: EdgeCounts = [
  [40, 20],
  [160, 1],
];
const SUSPECT: EdgeCounts = [
  [40, 6],
  [160, 1],
];
const UNSAMPLED: EdgeCounts = [undefined, undefined];

const VERDICT =
  'ROLLBACK: 5xx 40/80 (50%) vs primary 2/320 (0.63%), allowed 0.98%; evidence 6.9 >= 6.2 after 10 s';
const FAILED = {
  phase: 'Failed' as const,
  verdict: VERDICT,
  history: [
    {
      revision: 'checkout-new',
      outcome: 'failed' as const,
      reason: VERDICT.replace('ROLLBACK: ', ''),
      startedAt: new Date(START - 4000).toISOString(),
      endedAt: new Date(START + 60_000).toISOString(),
    },
  ],
};

const told = (rollout: Rollout): Case => caseOf(aKnownRollout(rollout));
const times = (n: number, edge: EdgeCounts): EdgeCounts[] => Array.from({ length: n }, () => edge);

describe('a conviction', () => {
  const rollout = { edges: [HEALTHY, HEALTHY, BROKEN, BROKEN, BROKEN], status: FAILED, endedS: 27 };

  it('is replayed to its line, and ends where the guard spoke', () => {
    const { guard, outcome } = told(rollout);
    expect(outcome).toBe('failed');
    expect(guard.ruling).toEqual({ outcome: 'rollback', line: VERDICT });
    expect(guard.isStoredVerdict).toBe(true);
    expect(guard.blocks).toHaveLength(4);
    expect(guard.blocks.at(-1)).toMatchObject({
      to: '2026-11-21T09:00:25.000Z',
      weight: 20,
      kind: 'weighed',
      canary: { requests: 40, bad: 20 },
      primary: { requests: 160, bad: 1 },
    });
    expect(guard.accusations[0]).toMatchObject({
      signal: 'errors',
      since: '2026-11-21T09:00:15.000Z',
    });
  });

  it('for connections is told in those, which have no durations', () => {
    const known = aKnownRollout(rollout);
    const service = { ...known.canary.spec.service!, appProtocol: 'tcp' };
    const canary = { ...known.canary, spec: { ...known.canary.spec, service } };
    const { guard, missing, otherwise } = caseOf({ ...known, canary });
    expect(guard.ruling?.line).toBe(VERDICT.replace('5xx', 'failed connections'));
    expect(missing).toContain('Durations were not compared: connections over TCP have none.');
    const others = [
      ...rulesText(guard.rules!, guard.counted),
      ...evidenceLines(guard).map((one) => one.title),
      ...otherwise,
    ];
    expect(others.filter((text) => text.includes('connections'))).toHaveLength(3);
    expect(others.join(' ')).not.toContain('failed requests');
  });

  it('has its place between the weights and the end', () => {
    expect(
      told(rollout).timeline.map(({ at, weight, what }) => [at.slice(14, 19), weight, what]),
    ).toEqual([
      ['59:56', 0, 'revision checkout-new is taken up'],
      ['00:00', 20, 'weight 20 % written, carried by every proxy 5.0 s later'],
      ['00:25', undefined, 'the guard convicts: evidence 6.9 >= 6.2'],
      ['00:27', 0, 'the weight is taken away'],
      ['00:32', 40, 'weight 40 % written, carried by every proxy 2.0 s later'],
      ['01:00', 0, `failed: ${FAILED.history[0]!.reason}`],
    ]);
  });

  it.each([
    ['replayed, but never stored', { edges: rollout.edges, endedS: 27 }],
    ['stored, but not replayed', { edges: times(5, HEALTHY), status: FAILED, endedS: 27 }],
  ])('%s, does not pass for agreement', (_, one: Rollout) => {
    const { guard, missing } = told(one);
    expect(guard.isStoredVerdict).toBe(false);
    expect(missing.at(-1)).toMatch(/^The replayed evidence is not that of the stored verdict/);
  });

  it('is still known by the history when another verdict has followed it', () => {
    const status = { ...FAILED, verdict: 'HOLD: something else' };
    expect(told({ ...rollout, status }).guard.isStoredVerdict).toBe(true);
  });
});

describe('blocks that do not count', () => {
  it('are told apart', () => {
    const edges = [HEALTHY, [undefined, [160, 1]] as EdgeCounts, HEALTHY, ...times(5, HEALTHY)];
    const { guard, missing } = told({ edges });
    expect(guard.blocks.map(({ kind }) => kind)).toEqual([
      'weighed',
      'waits',
      'weighed',
      'weighed',
      'weighed',
      'void',
      'weighed',
      'weighed',
    ]);
    expect(guard.blocks[1]).toMatchObject({ canary: null, primary: { requests: 160, bad: 1 } });
    expect(missing).toContain('1 of 8 blocks are void: a weight changed in them.');
    expect(missing).toContain('1 of 8 blocks have no sample of the canary.');
  });

  it('lie before what a store still has', () => {
    const known = aKnownRollout({ edges: times(6, HEALTHY) });
    const span = {
      from: START + 20_000,
      edges: times(3, HEALTHY).map((_, i) => {
        const counts = { requests: 40, bad: 0 };
        return { to: START + 25_000 + i * 5000, canary: counts, primary: counts };
      }),
    };
    const { guard, missing } = caseOf({ ...known, counted: span });
    expect(guard.blocks.slice(0, 4).map(({ kind }) => kind)).toEqual([
      'unknown',
      'unknown',
      'unknown',
      'weighed',
    ]);
    expect(missing[0]).toMatch(/^The first 3 blocks lie further back/);
  });
});

describe('what a store no longer has', () => {
  const store = 'Prometheus at http://prometheus:9090';
  it.each([
    [
      'all of it',
      times(4, UNSAMPLED),
      undefined,
      `${store} has no sample of checkout or its primary, nor even of up from 2026-11-21T09:00:05.000Z to 2026-11-21T09:00:25.000Z: it no longer keeps them, or never had them.`,
    ],
    [
      'the workload',
      times(4, UNSAMPLED),
      START,
      `${store} has samples of that time, but none of checkout or its primary.`,
    ],
    [
      'the beginning',
      [...times(20, UNSAMPLED), ...times(4, HEALTHY)],
      START + 100_000,
      `${store} has no samples before 2026-11-21T09:01:40.000Z: what was counted earlier is gone, and the evidence here begins there.`,
    ],
  ])('is said: %s', (_, edges, keptFrom, sentence) => {
    expect(told({ edges, known: { keptFrom } }).missing).toContain(sentence);
  });
});

describe('checks', () => {
  const analysis = {
    metrics: [
      { name: 'request-success-rate', thresholdRange: { min: 99 } },
      { name: 'mine', query: 'up', thresholdRange: { max: 1 } },
    ],
  };

  it('have what was stored and what is measured again', () => {
    const stored = { name: 'mine', measured: '3', allowed: '<= 1', outcome: 'fail' as const };
    const counts = { canary: { requests: 240, bad: 7 }, primary: { requests: 900, bad: 3 } };
    const asked = [
      { ...ASKED, at: START, measured: { kind: 'value' as const, value: 97.08, counts } },
      { ...ASKED, measured: undefined, why: 'not asked again: datadog answers it' },
    ];
    const { checks, otherwise } = told({
      edges: [],
      analysis,
      status: { checks: [stored] },
      known: { asked },
    });
    expect(checks).toMatchObject([
      {
        name: 'request-success-rate',
        at: '2026-11-21T09:00:00.000Z',
        replayed: {
          outcome: 'fail',
          measured: '97.1 % (233 of 240 succeeded)',
          allowed: '>= 99 %',
        },
      },
      { name: 'mine', stored, why: 'not asked again: datadog answers it' },
    ]);
    expect(checks[0]).not.toHaveProperty('stored');
    expect(checks[1]).not.toHaveProperty('replayed');
    expect(otherwise).toEqual([
      'request-success-rate passes with at most 2 of 240 failed: 5 fewer than the 7 there were.',
    ]);
  });

  it('without a value are missing, with the reason', () => {
    const none = { kind: 'no-data' as const, why: 'no requests reached checkout-canary' };
    const asked = [{ ...ASKED, measured: none }, ASKED];
    expect(told({ edges: [], analysis, known: { asked } }).missing).toEqual([
      'request-success-rate has no value: no requests reached checkout-canary.',
      'mine has no value: nobody has measured it yet.',
    ]);
  });
});

it('a suspicion says what would end it, and what would convict', () => {
  const { guard, otherwise } = told({ edges: [...times(3, HEALTHY), ...times(2, SUSPECT)] });
  expect(guard.ruling?.outcome).toBe('hold');
  expect(otherwise[0]).toMatch(/^About \d+ more requests .* would end the suspicion\.$/);
  expect(otherwise[1]).toMatch(/^12 of its 200 requests in the last step failed; with about \d+, /);
});

it('without a guard knows the present weight alone, and says so', () => {
  const analysis = { guard: { enabled: false } };
  const step = { index: 2, weight: 40, since: '2026-11-21T09:00:34.000Z' };
  const { timeline, missing } = told({ edges: [], analysis, status: { step, peakWeight: 40 } });
  expect(timeline[1]).toEqual({
    at: step.since,
    weight: 40,
    what: 'weight 40 % carried by every proxy',
  });
  expect(missing).toEqual([
    'The canary had up to 40 %; when it had which weight only the guard keeps.',
  ]);
});

it('a hold, messages and troubles of this rollout are part of what happened', () => {
  const at = (second: number) => new Date(START + second * 1000).toISOString();
  const message = { n: 1, kind: 'waiting' as const, severity: 'info' as const, owed: [] };
  const status = {
    hold: { code: 'evidence' as const, reason: 'suspicion', since: at(20) },
    outbox: [
      { ...message, at: at(-60), text: 'of the last rollout' },
      { ...message, at: at(10), text: 'a gate is closed' },
    ],
    conditions: [
      {
        type: 'PreflightSidecar',
        status: 'True' as const,
        reason: 'r',
        message: 'no sidecar',
        lastTransitionTime: at(15),
      },
    ],
  };
  expect(told({ edges: [], status }).timeline.slice(2, 5)).toEqual([
    { at: at(10), what: 'waiting: a gate is closed' },
    { at: at(15), what: 'PreflightSidecar: no sidecar' },
    { at: at(20), what: 'holds: suspicion' },
  ]);
});

describe('there is no case', () => {
  it.each([
    [
      'never looked at',
      aCanary(),
      'Canary shop/checkout has not been looked at by a controller yet.',
    ],
    [
      'nothing rolled out',
      aKnownRollout({
        edges: [],
        status: { phase: 'Initialized', startedAt: undefined, verdict: 'READY: adopted' },
      }).canary,
      'Nothing of Canary shop/checkout was rolled out yet; it is Initialized: READY: adopted',
    ],
  ])('%s', (_, canary, why) => {
    expect(noCase(canary)).toBe(why);
  });

  it('or there is one', () => {
    expect(noCase(aKnownRollout({ edges: [] }).canary)).toBeUndefined();
  });
});
