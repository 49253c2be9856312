import { describe, expect, test } from 'vitest';
import { PODS, TO_V1, count, mesh, outcome, type PodSketch } from '../../../test/builders/mesh.ts';

describe('when a pod fails', () => {
  const failing = (errors: string): PodSketch[] => [
    { ...PODS[0]!, annotations: { 'sandbox.linnet.dev/errors': errors } },
    { name: 'web-v1-good', labels: { app: 'web', version: 'v1' } },
  ];

  test('a retry goes to another one', async () => {
    const under = mesh(`${TO_V1}\n  retries: { attempts: 1, retryOn: 5xx }`, failing('100%'));
    for (let count = 0; count < 8; count += 1) expect((await outcome(under))[0]).toBe(200);
  });

  test('and all others too, the retries are used up', async () => {
    const pods = failing('100% 503').slice(0, 1);
    const under = mesh(`${TO_V1}\n  retries: { attempts: 2, retryOn: gateway-error }`, pods);
    expect((await outcome(under)).slice(0, 2)).toEqual([503, 'URX']);
    expect(await count(under, 'reporter="destination"')).toBe(3);
    expect(await count(under, 'reporter="source"')).toBe(1);
  });

  test('its answer is passed on when it is not to be retried', async () => {
    const under = mesh(TO_V1, failing('100%').slice(0, 1));
    expect((await outcome(under)).slice(0, 2)).toEqual([500, '-']);
  });

  test('to answer at all, another one is tried by itself', async () => {
    const pods = failing('0%').map((pod, index) => ({ ...pod, alive: index > 0 }));
    const under = mesh(TO_V1, pods);
    for (let count = 0; count < 8; count += 1) expect((await outcome(under))[0]).toBe(200);
  });

  test('to answer at all and is the only one, the mesh says so', async () => {
    const under = mesh(TO_V1, [{ ...PODS[0]!, alive: false }]);
    expect((await outcome(under)).slice(0, 2)).toEqual([503, 'URX,UF']);
    const labels = 'destination_workload="web-v1"';
    expect(await count(under, `${labels},.*destination_version="unknown"`)).toBe(1);
    expect(await count(under, 'reporter="destination"')).toBe(0);
  });

  test('to answer in time, the client gets 504 and the pod sees it go', async () => {
    const pods = [{ ...PODS[0]!, annotations: { 'sandbox.linnet.dev/latency': '10s' } }];
    const under = mesh(`${TO_V1}\n  timeout: 20ms`, pods);
    expect((await outcome(under)).slice(0, 2)).toEqual([504, 'UT']);
    expect(await count(under, 'reporter="source".*response_code="504"')).toBe(1);
    expect(
      await count(under, 'reporter="destination".*response_code="0".*response_flags="DC"'),
    ).toBe(1);
  });

  test('to answer before the client goes away, nobody gets an answer', async () => {
    const pods = [{ ...PODS[0]!, annotations: { 'sandbox.linnet.dev/latency': '10s' } }];
    const under = mesh(TO_V1, pods);
    expect((await outcome(under, { signal: AbortSignal.timeout(20) })).slice(0, 2)).toEqual([
      0,
      'DC',
    ]);
  });
});
