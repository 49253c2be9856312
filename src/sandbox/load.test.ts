import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Load, type LoadOptions } from './load.ts';
import { sidecarOf, type MeshRequest, type MeshResponse } from './mesh/mesh-request.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

let load: Load | undefined;
afterEach(() => load?.stop());

function answer(over: Partial<MeshResponse> = {}): MeshResponse {
  const servedBy = { namespace: 'shop', workload: 'web', version: 'v1', pod: 'web-1' };
  return { status: 200, headers: [], body: '', flags: '-', servedBy, ...over };
}

function start(
  respond: (request: MeshRequest) => Promise<MeshResponse>,
  options: Partial<LoadOptions> = {},
): MeshRequest[] {
  const requests: MeshRequest[] = [];
  load = new Load(
    (request) => {
      requests.push(request);
      return respond(request);
    },
    { authority: 'web', requestsPerSecond: 50, ...options },
  );
  return requests;
}

describe('load', () => {
  test('comes at its rate, however slow the answers are', async () => {
    const requests = start(() => new Promise(() => {}));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(requests.length).toBeGreaterThanOrEqual(500);
    expect(requests.length).toBeLessThanOrEqual(501);
  });

  test.each([
    [undefined, 'istio-ingressgateway'],
    ['gateway', 'istio-ingressgateway'],
    ['mesh', 'load-generator'],
    [sidecarOf('web', 'shop'), 'web'],
  ] as const)('comes from %o', async (caller, workload) => {
    const callers: string[] = [];
    load = new Load(
      (_, from) => {
        callers.push(from.workload);
        return Promise.resolve(answer());
      },
      { authority: 'web', requestsPerSecond: 10, ...(caller && { caller }) },
    );
    await vi.advanceTimersByTimeAsync(10);
    expect(callers).toEqual([workload]);
  });

  test('changes its rate, pauses and ends', async () => {
    const requests = start(() => Promise.resolve(answer()));
    await vi.advanceTimersByTimeAsync(1000);
    const sent = () => requests.splice(0).length;
    sent();
    load?.setRate(200);
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent()).toBeGreaterThanOrEqual(200);
    load?.setRate(0);
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent()).toBe(0);
    load?.setRate(10);
    await vi.advanceTimersByTimeAsync(100);
    load?.stop();
    sent();
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent()).toBe(0);
  });

  test('is counted by version and status', async () => {
    const v2 = { namespace: 'shop', workload: 'web-canary', version: 'v2', pod: 'p' };
    const answers = [
      answer(),
      answer({ status: 500 }),
      answer({ servedBy: v2 }),
      answer({ status: 404, servedBy: v2 }),
      answer({ status: 503, servedBy: undefined }),
    ];
    start(() => {
      const next = answers.shift();
      return next === undefined ? Promise.reject(new Error('cut')) : Promise.resolve(next);
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(load?.counts()).toEqual([
      { workload: '-', version: 'unknown', requests: 2, failed: 2, byStatus: { 0: 1, 503: 1 } },
      { workload: 'web', version: 'v1', requests: 2, failed: 1, byStatus: { 200: 1, 500: 1 } },
      {
        workload: 'web-canary',
        version: 'v2',
        requests: 2,
        failed: 0,
        byStatus: { 200: 1, 404: 1 },
      },
    ]);
    load?.reset();
    expect(load?.counts()).toEqual([]);
  });

  test('counts server errors of gRPC as failures', async () => {
    const answers = [0, 14, 5].map((grpcStatus) => answer({ grpcStatus }));
    start(() => Promise.resolve(answers.shift() ?? answer({ grpcStatus: 0 })));
    await vi.advanceTimersByTimeAsync(50);
    expect(load?.counts()[0]).toMatchObject({ requests: 3, failed: 1, byStatus: { 200: 3 } });
  });

  test('comes from users in proportion, the same ones for the same seed', async () => {
    const users = [
      { share: 3, headers: { 'x-user': 'a' } },
      { share: 1, headers: { 'x-user': 'b' } },
    ];
    const order = async () => {
      const requests = start(() => Promise.resolve(answer()), { users, seed: 5 });
      await vi.advanceTimersByTimeAsync(20_000);
      load?.stop();
      return requests.slice(0, 1000).map(({ headers }) => headers['x-user'] ?? '');
    };
    const first = await order();
    expect(first.filter((user) => user === 'b').length / 1000).toBeCloseTo(0.25, 1);
    expect(await order()).toEqual(first);
  });

  test('keeps cookies until they expire', async () => {
    const set = ['cd=abc; Max-Age=3600; Path=/', 'cd=gone; Max-Age=0'];
    const requests = start(
      () => {
        const cookie = set.shift();
        return Promise.resolve(answer({ headers: cookie ? [['Set-Cookie', cookie]] : [] }));
      },
      { users: [{ share: 1, cookies: { user: 'ann' } }] },
    );
    await vi.advanceTimersByTimeAsync(45);
    expect(requests.map(({ headers }) => headers['cookie'])).toEqual([
      'user=ann',
      'user=ann; cd=abc',
      'user=ann',
    ]);
  });
});
