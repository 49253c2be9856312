import { describe, expect, it, vi } from 'vitest';
import { judge } from '../../src/judge/verdict.ts';
import type { Canary } from '../../src/api/canary.ts';
import type { Measurement } from '../../src/ports/telemetry.ts';
import { metricOf } from '../builders/canary.ts';
import { answeredBy } from '../builders/mesh-metrics.ts';
import { canaryOf, REQUESTS, ScrapedMesh } from '../builders/scraped-mesh.ts';

const store = new ScrapedMesh();

function lineOf(canary: Canary, ...measured: Measurement[]): string {
  return judge(canary, { measured, split: undefined }).line;
}

describe('4xx and cancelled requests', () => {
  it('are shares of their own, held to the primary’s', async () => {
    const canary = canaryOf('shares', [
      { name: 'request-success-rate', threshold: 90, dryRun: true },
      { name: 'request-4xx-rate' },
      { name: 'request-cancelled-rate' },
    ]);
    const serve = (workload: string, refused: number, cancelled: number) => {
      const count = (labels: object, requests: number) =>
        store.mesh.set(REQUESTS, answeredBy(workload, { ...labels }), requests);
      count({}, 900 - refused);
      count({ response_code: '404' }, refused);
      count({ response_code: '503' }, 100);
      count({ response_code: '0', response_flags: 'DC' }, cancelled);
    };
    serve('shares', 300, 1000);
    serve('shares-primary', 20, 0);
    const watched = await store.watching(canary);
    const refused = {
      kind: 'value',
      value: expect.closeTo(30, 9) as number,
      primary: { kind: 'value', value: expect.closeTo(2, 9) as number },
      counts: { canary: { requests: 1000, bad: 300 }, primary: { requests: 1000, bad: 20 } },
    };
    await store.until(watched, canary, (m) => expect(m).toEqual(refused), 'request-4xx-rate');
    const measured = await Promise.all(
      canary.spec.analysis.metrics.map((one) => watched.measure(canary, one, 0, Date.now())),
    );
    expect(lineOf(canary, ...measured)).toBe(
      'FAIL: request-4xx-rate 30 % (300 of 1000 answered 4xx) > 6.5 % beside the primary’s 2 % (20 of 1000 answered 4xx), request-cancelled-rate 50 % (1000 of 2000 cancelled) > 1.2 % beside the primary’s 0 % (0 of 1000 cancelled)',
    );
  });

  it('without a mesh are what the application counts', async () => {
    const meshed = canaryOf('unmeshed', [
      { name: 'request-4xx-rate' },
      { name: 'request-cancelled-rate' },
    ]);
    const canary = { ...meshed, spec: { ...meshed.spec, provider: 'kubernetes' as const } };
    const measured = (name: string) =>
      store.telemetry().measure(canary, metricOf(canary, name), 0, Date.now());
    let requests = 0;
    await vi.waitFor(async () => {
      requests += 100;
      for (const [pod, status, share] of [
        ['unmeshed-6d8f9c77b5-x2x4z', '200', 0.75],
        ['unmeshed-6d8f9c77b5-x2x4z', '404', 0.25],
        ['unmeshed-primary-6d8f9c77b5-x2x4z', '200', 1],
      ] as const) {
        const labels = { namespace: 'shop', pod, status };
        store.mesh.set('http_request_duration_seconds_count', labels, requests * share);
      }
      expect(await measured('request-4xx-rate')).toEqual({
        kind: 'value',
        value: expect.closeTo(25, 1) as number,
        primary: { kind: 'value', value: 0 },
      });
    }, 20_000);
    expect(await measured('request-cancelled-rate')).toEqual({
      kind: 'error',
      outage: false,
      why: 'request-cancelled-rate: found with provider kubernetes, allowed is a mesh, whose proxies see how requests ended, or a query of its own',
    });
  });
});
