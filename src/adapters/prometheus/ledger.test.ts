import { describe, expect, it } from 'vitest';
import type { Canary } from '../../api/canary.ts';
import { aCanary } from '../../../test/builders/canary.ts';
import type { Labels, RangeSeries } from './answer.ts';
import { spanOf } from './counted.ts';
import { type Counted, Ledger } from './ledger.ts';
import { watchedOf } from './watched.ts';

const EDGE = 5000;

/** Checkout's workloads and Services, in blocks of five seconds from 0. */
const OF = {
  reporter: 'destination',
  destination_workload_namespace: 'shop',
  destination_workload: 'checkout',
};
const HTTP = { ...OF, request_protocol: 'http', response_code: '200', response_flags: '-' };
const TCP = { ...OF, request_protocol: 'tcp', response_flags: '-' };
const CALLER = {
  reporter: 'source',
  destination_service_namespace: 'shop',
  destination_service_name: 'checkout-canary',
  request_protocol: 'tcp',
};

const grew = (metric: Labels, ...values: number[]): RangeSeries => ({
  metric,
  values: values.map((value, i) => [((i + 1) * EDGE) / 1000, String(value)]),
});

function canaryWith(spec: object): Canary {
  return aCanary({ spec: { ...spec } });
}

const tcp = canaryWith({ service: { port: 5432, appProtocol: 'tcp' } });
const http = canaryWith({});
const either = canaryWith({
  service: { port: 80, portName: 'web' },
  routing: { virtualServiceRef: { name: 'shop' } },
});

function edgesOf(canary: Canary, counted: Partial<Counted>, blocks = 1) {
  const watched = watchedOf(canary);
  const ledger = new Ledger();
  const to = blocks * EDGE;
  const nothing = { requests: [], losses: [], durations: [], own: [], gaps: [] };
  const span = { from: 0, to, blockMs: EDGE, keepMs: Infinity };
  ledger.record(span, [watched], { ...nothing, ...counted });
  return spanOf(ledger, watched, { from: 0, to, edgeMs: EDGE }).edges.map(({ canary: of }) => of);
}

describe('connections', () => {
  it('are counted as requests are, by whether they were made', () => {
    const requests = [grew(TCP, 90), grew({ ...TCP, response_flags: 'UF,URX' }, 10)];
    expect(edgesOf(tcp, { requests })).toEqual([{ requests: 100, bad: 10 }]);
  });

  it('that found no endpoint are known by their Service', () => {
    const unknown = { ...CALLER, destination_workload: 'unknown' };
    const losses = ['UH', 'UO', 'NC', 'NR'].map((response_flags) =>
      grew({ ...unknown, response_flags }, 5),
    );
    const elsewhere = { ...unknown, destination_service_name: 'cart-canary' };
    losses.push(grew({ ...elsewhere, response_flags: 'UH' }, 99));
    expect(edgesOf(tcp, { requests: [grew(TCP, 80)], losses })).toEqual([
      { requests: 100, bad: 20 },
    ]);
  });

  it('that were lost, and nothing else, are a sample', () => {
    const losses = [grew({ ...CALLER, response_flags: 'UH' }, 4)];
    expect(edgesOf(tcp, { losses })).toEqual([{ requests: 4, bad: 4 }]);
  });

  it.each([
    // What a proxy could not bring to its workload may fail at the caller, too.
    [10, 10, 10],
    [10, 0, 10],
    // Of pods that are dead nobody else can tell.
    [0, 10, 10],
    [3, 10, 10],
  ])('that failed at an endpoint count once: %d there, %d at the caller', (there, seen, bad) => {
    const requests = [grew(TCP, 50), grew({ ...TCP, response_flags: 'UF' }, there)];
    const known = { ...CALLER, ...OF, reporter: 'source' };
    const losses = [grew({ ...known, response_flags: 'UF,URX' }, seen)];
    expect(edgesOf(tcp, { requests, losses })).toEqual([{ requests: 50 + bad, bad }]);
  });

  it('that ztunnel opened and could not bring on count once, when they fail', () => {
    const requests = [grew(TCP, 10, 10, 0), grew({ ...TCP, response_flags: 'CONNECT' }, 0, 4, 3)];
    expect(edgesOf(tcp, { requests }, 3)).toEqual([
      { requests: 10, bad: 0 },
      { requests: 10, bad: 4 },
      // Opened in the block before, and not taken back from there: it is written already.
      { requests: 3, bad: 3 },
    ]);
  });

  it('are a waypoint’s where there is one: ztunnel stands beside the workload', () => {
    const waypoint = { ...TCP, reporter: 'waypoint' };
    const requests = [
      grew(TCP, 100),
      grew(waypoint, 90),
      grew({ ...waypoint, response_flags: 'UF' }, 10),
    ];
    expect(edgesOf(tcp, { requests })).toEqual([{ requests: 100, bad: 10 }]);
  });
});

describe('a workload that serves both', () => {
  const requests = [
    grew({ ...HTTP, response_code: '503' }, 4),
    grew(HTTP, 36),
    grew({ ...TCP, response_flags: 'UF' }, 6),
    grew(TCP, 54),
  ];
  const losses = [grew({ ...CALLER, response_flags: 'UH' }, 7)];

  it('is counted by what the routes divide', () => {
    expect(edgesOf(http, { requests, losses })).toEqual([{ requests: 40, bad: 4 }]);
    expect(edgesOf(tcp, { requests, losses })).toEqual([{ requests: 67, bad: 13 }]);
  });

  it('is counted by the sum where nobody says what they divide', () => {
    expect(edgesOf(either, { requests, losses })).toEqual([{ requests: 107, bad: 17 }]);
  });

  it('behind a waypoint has no other connections than the waypoint’s', () => {
    const [failed, good] = [
      { ...HTTP, reporter: 'waypoint', response_code: '503' },
      { ...HTTP, reporter: 'waypoint' },
    ];
    const seen = [grew(failed, 4), grew(good, 36), grew(TCP, 40)];
    expect(edgesOf(either, { requests: seen })).toEqual([{ requests: 40, bad: 4 }]);
  });
});
