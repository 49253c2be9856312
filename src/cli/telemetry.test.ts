import { afterEach, beforeEach, expect, it } from 'vitest';
import { aCanary, metricOf } from '../../test/builders/canary.ts';
import { type FakeStore, fakeStore, saying } from '../../test/builders/fake-store.ts';
import { readConfig } from '../config.ts';
import type { ApiClient, KubeObject, LocalStore } from '../ports/cluster.ts';
import { METRIC_TEMPLATE, SECRET } from '../ports/kinds.ts';
import { createLog } from './log.ts';
import { provideReach } from './reach.ts';
import { provideTelemetry } from './telemetry.ts';

let fake: FakeStore;
beforeEach(async () => {
  fake = await fakeStore(saying({ data: { score: 0.5 } }));
});
afterEach(() => fake.close());

const CANARY = aCanary({
  analysis: { metrics: [{ name: 'score', templateRef: { name: 'score' }, interval: '1m' }] },
});

/** What a controller measures that has this template, a Secret with a token, and this API server. */
async function measured(apiServer: string) {
  const template: KubeObject = {
    apiVersion: 'linnet.dev/v1beta1',
    kind: 'MetricTemplate',
    metadata: { namespace: 'shop', name: 'score' },
    spec: {
      provider: {
        type: 'web',
        address: fake.url,
        secretRef: { name: 'quality' },
        jsonPath: '$.data.score',
      },
      query: '/scores/{{ target }}',
    },
  };
  const data = { token: Buffer.from('t0ken\n').toString('base64') };
  const secret: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'shop', name: 'quality' },
    data,
  };
  const store: Pick<LocalStore, 'get'> = {
    get: (kind) => (kind === METRIC_TEMPLATE ? template : undefined),
  };
  const api: Pick<ApiClient, 'get'> = {
    get: (kind) => Promise.resolve(kind === SECRET ? secret : undefined),
  };
  const config = readConfig({}, {});
  const now = Date.parse('2026-11-02T10:05:00Z');
  const telemetry = provideTelemetry({
    config,
    api: api as ApiClient,
    store: store as LocalStore,
    clock: { now: () => now },
    reach: provideReach(config, apiServer),
    log: createLog(config),
  });
  try {
    return await telemetry.measure(CANARY, metricOf(CANARY, 'score'), now - 60_000, now);
  } finally {
    telemetry.end();
  }
}

it('templates of other systems are measured, with their Secrets', async () => {
  expect(await measured('https://127.0.0.1:6443')).toEqual({ kind: 'value', value: 0.5 });
  expect(fake.asked.map(({ path, headers }) => [path, headers.authorization])).toEqual([
    ['/scores/checkout', 'Bearer t0ken'],
  ]);
});

it('and go where the list of hosts allows', async () => {
  expect(await measured('https://10.96.0.1')).toMatchObject({
    kind: 'error',
    why: expect.stringMatching(
      /^the query of score: spec\.provider\.address of MetricTemplate shop\/score: .* is not called: the address is a loopback one/,
    ),
  });
  expect(fake.asked).toEqual([]);
});
