import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aCanary, metricOf } from '../../../test/builders/canary.ts';
import {
  type Behaviour,
  type FakePrometheus,
  fakePrometheus,
  success,
  text,
  vector,
} from '../../../test/builders/fake-prometheus.ts';
import { OpenedTelemetry, templated } from '../../../test/builders/telemetry.ts';
import type { Canary } from '../../api/canary.ts';
import { keyOf } from '../../ports/canaries.ts';
import type { SweptTelemetry, TelemetryOptions } from './telemetry.ts';

let fake: FakePrometheus;
let own: FakePrometheus;

beforeEach(async () => {
  fake = await fakePrometheus(empty);
  own = await fakePrometheus(vector(['7']));
});

afterEach(() => Promise.all([fake.close(), own.close()]));

/** Closed before the servers are. */
const opened = new OpenedTelemetry();

/** A store that knows nothing, and says so in the right shape. */
const empty: Behaviour = (asked, response) =>
  success(asked.path.endsWith('query_range') ? 'matrix' : 'vector', [])(asked, response);

function telemetry(options: Partial<TelemetryOptions> = {}): SweptTelemetry {
  return opened.to({ url: fake.url, token: 'of-the-house' }, { random: () => 0, ...options });
}

const MINE = 'mine';

function canaryWith(metric: object = {}, spec: object = {}): Canary {
  const metrics = [{ name: MINE, templateRef: { name: 'any' }, ...metric }];
  return aCanary({ spec: { ...spec }, analysis: { metrics } });
}

const templates = (provider: object) => templated(MINE, provider);

const measure = (swept: SweptTelemetry, canary: Canary) =>
  swept.measure(canary, metricOf(canary, MINE), 0, Date.now());

it('sweeps a canary no more that is gone', async () => {
  const swept = telemetry();
  const canary = aCanary();
  swept.setActive([canary]);
  swept.traffic(canary);
  swept.forget(keyOf(canary));
  await swept.sweep(Date.now());
  expect(fake.asked).toHaveLength(0);
  expect(swept.ageMs(Date.now())).toBeUndefined();
});

it('takes a look that was kept waiting for no clock that is ahead', async () => {
  const swept = telemetry();
  const canary = aCanary({
    analysis: { metrics: [{ name: 'request-duration', thresholdRange: { max: 500 } }] },
  });
  const begun = Date.now() - 10_000;
  await swept.measure(canary, metricOf(canary, 'request-duration'), 0, begun);
  await swept.counted(canary, { from: 0, until: 5000, edgeMs: 5000 });
  expect(swept.grid(canary)).toMatchObject({ clockMs: 0 });
});

describe('a template', () => {
  it('without a server means the controller’s, with its credentials', async () => {
    fake.answer = vector(['3']);
    expect(await measure(telemetry(templates({})), canaryWith())).toEqual({
      kind: 'value',
      value: 3,
    });
    expect(fake.asked[0]?.headers.authorization).toBe('Bearer of-the-house');
  });

  it('with a server of its own never gets the controller’s credentials', async () => {
    const options = templates({ address: own.url });
    expect(await measure(telemetry(options), canaryWith())).toEqual({ kind: 'value', value: 7 });
    expect(own.asked[0]?.headers.authorization).toBeUndefined();
    expect(fake.asked).toHaveLength(0);
  });

  it.each([
    [{ token: 'abc\n' }, 'Bearer abc'],
    [{ username: 'ann', password: 'pw' }, `Basic ${Buffer.from('ann:pw').toString('base64')}`],
  ])('is let in by its Secret, in its own namespace', async (data, authorization) => {
    const asked: string[] = [];
    const secret = (namespace: string, name: string) => {
      asked.push(`${namespace}/${name}`);
      return Promise.resolve(data);
    };
    const headers = { 'X-Scope-OrgID': ['42'] };
    const provider = { address: own.url, secretRef: { name: 'prom-auth' }, headers };
    const swept = telemetry({ ...templates(provider), secret });
    const canary = canaryWith({ templateRef: { name: 'any', namespace: 'shared' } });
    expect(await measure(swept, canary)).toEqual({ kind: 'value', value: 7 });
    expect(asked).toEqual(['shared/prom-auth']);
    expect(own.asked[0]?.headers).toMatchObject({ authorization, 'x-scope-orgid': '42' });
  });

  it('follows its Secret when that changes', async () => {
    let token = 'first';
    const provider = { address: own.url, secretRef: { name: 'prom-auth' } };
    const swept = telemetry({ ...templates(provider), secret: () => Promise.resolve({ token }) });
    await measure(swept, canaryWith());
    token = 'second';
    await measure(swept, canaryWith());
    const sent = own.asked.map(({ headers }) => headers.authorization);
    expect(sent).toEqual(['Bearer first', 'Bearer second']);
  });

  const broken: [string, Partial<TelemetryOptions>, RegExp][] = [
    ['does not exist', {}, /^mine: MetricTemplate shop\/any does not exist$/],
    [
      'has another provider',
      templates({ type: 'datadog' }),
      /provider datadog, allowed is prometheus$/,
    ],
    [
      'names a Secret that does not exist',
      templates({ secretRef: { name: 'none' } }),
      /^mine: Secret shop\/none does not exist$/,
    ],
    [
      'names a Secret that lacks the keys',
      {
        ...templates({ secretRef: { name: 'auth' } }),
        secret: () => Promise.resolve({ username: 'ann', pass: 'pa55word' }),
      },
      /Secret shop\/auth has username, pass, allowed is token, or username and password$/,
    ],
    [
      'names a Secret that cannot be read',
      {
        ...templates({ secretRef: { name: 'auth' } }),
        secret: () => Promise.reject(new Error('the API server does not answer')),
      },
      /^mine: the API server does not answer$/,
    ],
  ];
  it.each(broken)('that %s is a mistake, told in a sentence', async (_name, options, why) => {
    const measured = await measure(telemetry(options), canaryWith());
    expect(measured).toEqual({ kind: 'error', outage: false, why: expect.stringMatching(why) });
  });

  it('whose server is down is an outage', async () => {
    own.answer = text('no', 502);
    const measured = await measure(telemetry(templates({ address: own.url })), canaryWith());
    const why = `mine: Prometheus at ${own.url} answered 502: no`;
    expect(measured).toEqual({ kind: 'error', outage: true, why });
  });

  it('looks back no further than the step', async () => {
    const canary = canaryWith({ query: 'rate(x[{{ interval }}])', templateRef: undefined });
    const swept = telemetry();
    const now = Date.now();
    for (const lasted of [400, 15_700, 60_000, 600_000]) {
      await swept.measure(canary, metricOf(canary, MINE), now - lasted, now);
    }
    const queries = fake.asked.map(({ form }) => form.get('query'));
    expect(queries).toEqual(['rate(x[1s])', 'rate(x[15s])', 'rate(x[1m])', 'rate(x[1m])']);
  });
});

describe('a Canary with a server of its own', () => {
  const spec = () => ({ metricsServer: own.url });

  it('is swept there, without the controller’s credentials', async () => {
    own.answer = empty;
    const swept = telemetry();
    const canary = aCanary({ spec: spec() });
    swept.setActive([canary, aCanary({ metadata: { name: 'other' } })]);
    await swept.sweep(Date.now());
    const tokens = (asked: typeof own.asked) => new Set(asked.map((a) => a.headers.authorization));
    expect(tokens(own.asked)).toEqual(new Set([undefined]));
    expect(tokens(fake.asked)).toEqual(new Set(['Bearer of-the-house']));
    expect(own.asked).toHaveLength(7);
    expect(fake.asked).toHaveLength(7);
  });

  it('asks it queries that stand in the Canary', async () => {
    const canary = canaryWith({ query: 'up', templateRef: undefined }, spec());
    expect(await measure(telemetry(), canary)).toEqual({ kind: 'value', value: 7 });
  });

  it('does not disturb the others when that server is down', async () => {
    own.answer = text('no', 500);
    const swept = telemetry();
    const [broken, well] = [aCanary({ spec: spec() }), aCanary({ metadata: { name: 'well' } })];
    swept.setActive([broken, well]);
    await swept.sweep(Date.now());
    const of = (canary: Canary) => swept.isSeen(canary);
    expect(await Promise.all([of(broken), of(well)])).toEqual([undefined, false]);
    expect(swept.ageMs(Date.now())).toBeLessThan(5000);
  });
});

it('connections show a weight five seconds later than requests', () => {
  const swept = telemetry();
  const broker = aCanary({ spec: { service: { port: 5432, appProtocol: 'tcp' } } });
  expect(swept.convergenceMs(aCanary())).toBe(2000);
  expect(swept.convergenceMs(broker)).toBe(7000);
});

describe('a built-in metric', () => {
  const canary = aCanary({ analysis: { metrics: [{ name: 'request-success-rate' }] } });
  const rate = (swept: SweptTelemetry, now: number) =>
    swept.measure(canary, metricOf(canary, 'request-success-rate'), 0, now);

  it('holds while nothing was swept, and says why', async () => {
    fake.answer = text('starting', 503);
    expect(await rate(telemetry(), Date.now())).toEqual({
      kind: 'error',
      outage: true,
      why: `Prometheus at ${fake.url} answered 503: starting`,
    });
  });

  it('is not computed from what is half a minute old', async () => {
    const now = Date.now();
    let passed = 0;
    const swept = telemetry({ clock: { now: () => now + passed } });
    const after = (ms: number) => {
      passed = ms;
      return rate(swept, now + ms);
    };
    expect(await after(0)).toMatchObject({ kind: 'no-data' });
    fake.answer = text('gone', 503);
    expect(await after(20_000)).toMatchObject({ kind: 'no-data' });
    const why = /^the newest samples are 4\ds old: Prometheus at .* answered 503: gone$/;
    expect(await after(40_000)).toEqual({
      kind: 'error',
      outage: true,
      why: expect.stringMatching(why),
    });
  });

  it('of a query that stands in the Canary is that query', async () => {
    fake.answer = vector(['55']);
    const metrics = [{ name: 'request-success-rate', query: 'mine' }];
    const own = aCanary({ analysis: { metrics } });
    const metric = metricOf(own, 'request-success-rate');
    const measured = await telemetry().measure(own, metric, 0, Date.now());
    expect(measured).toEqual({ kind: 'value', value: 55 });
  });

  it('of a query is that query, although another metric has its name', async () => {
    fake.answer = vector(['55']);
    const metrics = ['one', 'two'].map((query) => ({ name: 'mine', query }));
    const own = aCanary({ analysis: { metrics } });
    for (const metric of own.spec.analysis.metrics) {
      await telemetry().measure(own, metric, 0, Date.now());
    }
    expect(fake.asked.map(({ form }) => form.get('query'))).toEqual(['one', 'two']);
  });

  it('in version mode is that of the workloads that the labels select', async () => {
    const workloads = { canary: ['reviews-v2'], primary: ['reviews-v1', 'reviews-v3'] };
    const swept = telemetry({ workloadsOf: () => workloads });
    swept.setActive([canary]);
    await swept.sweep(Date.now());
    const queries = fake.asked.map(({ form }) => form.get('query')).join('\n');
    expect(queries).toContain('destination_workload=~"reviews-v1|reviews-v2|reviews-v3"');
  });
});

it('reads its token anew for every query', async () => {
  const file = path.join(folder, 'token');
  writeFileSync(file, 'first');
  const swept = telemetry({ server: { url: fake.url, tokenFile: file } });
  swept.setActive([aCanary()]);
  await swept.sweep(Date.now());
  expect(fake.asked.at(-1)?.headers.authorization).toBe('Bearer first');
});

const folder = mkdtempSync(path.join(os.tmpdir(), 'linnet-telemetry-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
