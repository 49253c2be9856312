import { describe, expect, it } from 'vitest';
import { aKnownRollout, START } from '../../test/builders/explained.ts';
import type { Past } from '../adapters/prometheus/past.ts';
import { PrometheusError } from '../adapters/prometheus/errors.ts';
import type { Canary } from '../api/canary.ts';
import { ClusterError, type KubeObject, type ResourceKind } from '../ports/cluster.ts';
import type { Known } from '../explain/known.ts';
import { readKnown } from './explain-known.ts';

const SERVER = 'Prometheus at http://p';
const asked: string[] = [];

/** Has nothing counted, and answers every query with 7. */
function aPast(changes: Partial<Past> = {}): Past {
  return {
    server: SERVER,
    counted: (_, { from }) =>
      Promise.resolve({
        span: { from, edges: [] },
        measure: (metric) => ({ kind: 'no-data', why: `no ${metric}` }),
      }),
    sampledEvery: () => Promise.resolve(5000),
    seenWorkloads: () => Promise.resolve([]),
    valuesAt: () => Promise.resolve(new Map()),
    keptFrom: (from) => Promise.resolve(from),
    valueAt: (query, at) => {
      asked.push(`${new Date(at).toISOString().slice(14, 19)} ${query}`);
      return Promise.resolve({ kind: 'value', value: 7 });
    },
    close: () => undefined,
    ...changes,
  };
}

const template = (spec: object) => ({
  apiVersion: 'linnet.dev/v1beta1',
  kind: 'MetricTemplate',
  metadata: { namespace: 'shop', name: 'mine', uid: 'u', resourceVersion: '1' },
  spec,
});

interface World {
  readonly metrics: object[];
  readonly template?: object;
  readonly past?: Partial<Past>;
  readonly endedS?: number;
  readonly status?: object;
}

function known({ metrics, template: found, past, endedS, status = {} }: World): Promise<Known> {
  const { canary, now } = aKnownRollout({
    edges: [],
    analysis: { metrics },
    status,
    ...(endedS === undefined ? {} : { endedS }),
  });
  const api = {
    get: <T extends KubeObject>() => Promise.resolve(found as T | undefined),
    list: () => Promise.reject(new Error('nothing is listed for it')),
  };
  return readKnown(canary, { api, past: aPast(past), now });
}

const OWN = { name: 'own', query: 'x[{{ interval }}]', threshold: 1 };
const MINE = { name: 'mine', templateRef: { name: 'mine' }, threshold: 1 };

describe('what is read for a case', () => {
  it('is asked of the end of the comparison, over the last step', async () => {
    asked.length = 0;
    const [own] = (await known({ metrics: [OWN], endedS: 52 })).asked;
    expect(own).toMatchObject({ query: 'x[16s]', at: START + 50_000, measured: { value: 7 } });
    expect(asked).toEqual(['00:50 x[16s]']);
  });

  it('ends some seconds ago where the rollout still runs', async () => {
    const [own] = (await known({ metrics: [OWN] })).asked;
    expect(own?.at).toBe(START + 590_000);
  });

  it('has built-in metrics from the counters themselves', async () => {
    const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];
    const [rate] = (await known({ metrics, endedS: 52 })).asked;
    expect(rate?.measured).toEqual({ kind: 'no-data', why: 'no request-success-rate' });
    expect(rate?.query).toContain('istio_requests_total');
  });

  it.each<[string, object | undefined, object]>([
    [
      'no template',
      undefined,
      { query: undefined, why: 'MetricTemplate shop/mine does not exist' },
    ],
    [
      'a template that is wrong',
      template({ provider: { type: 'soothsayer' }, query: 'x' }),
      { query: undefined, why: expect.stringMatching(/^MetricTemplate shop\/mine: .*soothsayer/) },
    ],
    [
      'another store',
      template({ provider: { type: 'datadog' }, query: 'avg:{{ target }}' }),
      {
        query: 'avg:checkout',
        answeredBy: 'datadog',
        why: 'not asked again: datadog answers it, as its template says',
      },
    ],
    [
      'another Prometheus, whose password is not shown',
      template({
        provider: { type: 'prometheus', address: 'http://him:secret@other:9090/p' },
        query: 'x',
      }),
      { query: 'x', answeredBy: 'Prometheus at http://other:9090/p', measured: undefined },
    ],
    [
      'credentials that are the controller’s business',
      template({ provider: { type: 'prometheus', secretRef: { name: 's' } }, query: 'x' }),
      { query: 'x', measured: undefined },
    ],
    [
      'a variable that is not known',
      template({ provider: { type: 'prometheus' }, query: '{{ planet }}' }),
      { query: undefined, why: expect.stringContaining('planet') },
    ],
    [
      'the same Prometheus',
      template({ provider: { type: 'prometheus' }, query: 'x' }),
      { query: 'x', measured: { kind: 'value', value: 7 } },
    ],
  ])('a metric of a MetricTemplate: %s', async (_, found, expected) => {
    const world = { metrics: [MINE], endedS: 52, ...(found && { template: found }) };
    const [metric] = (await known(world)).asked;
    expect(metric).toMatchObject(expected);
    expect(JSON.stringify(metric)).not.toContain('secret@');
  });

  it('says why Prometheus is of no use, once for all', async () => {
    const away = new PrometheusError('network', `${SERVER} cannot be reached: refused`);
    const past = { counted: () => Promise.reject(away) };
    const read = await known({ metrics: [OWN], past, endedS: 52 });
    expect(read.counted).toEqual({ why: `${SERVER} cannot be reached: refused` });
    expect(read.asked[0]).toMatchObject({
      query: 'x[16s]',
      measured: undefined,
      why: `not asked again: ${SERVER} cannot be reached: refused`,
    });
  });

  it('has a query that failed as a value that is not there', async () => {
    const wrong = new PrometheusError('query', 'parse error');
    const [own] = (
      await known({ metrics: [OWN], past: { valueAt: () => Promise.reject(wrong) }, endedS: 52 })
    ).asked;
    expect(own?.measured).toEqual({ kind: 'error', why: 'parse error', outage: false });
  });

  it('says that a canary without traffic was never measured', async () => {
    const startedAt = new Date(START).toISOString();
    const history = [
      { revision: 'r', outcome: 'failed', reason: 'x', startedAt, endedAt: startedAt },
    ];
    const status = { guard: undefined, startedAt, history, peakWeight: 0 };
    const { asked: found } = await known({ metrics: [OWN], status });
    expect(found[0]?.why).toBe(
      'not asked again: the canary never got any traffic, so that no check was due',
    );
  });

  it('does not guess when the last check of a rollout was that pinned nothing', async () => {
    const startedAt = new Date(START).toISOString();
    const history = [
      { revision: 'r', outcome: 'failed', reason: 'x', startedAt, endedAt: startedAt },
    ];
    const read = await known({ metrics: [OWN], status: { guard: undefined, startedAt, history } });
    expect(read.counted).toBeUndefined();
    expect(read.asked[0]).toMatchObject({
      query: 'x[1m]',
      at: undefined,
      why: 'not asked again: when it was asked last is not kept',
    });
  });

  it('does not hide a mistake of its own', async () => {
    const past = { counted: () => Promise.reject(new TypeError('a mistake')) };
    await expect(known({ metrics: [], past, endedS: 52 })).rejects.toThrow('a mistake');
  });
});

describe('in version mode', () => {
  const RATE = { name: 'request-success-rate', thresholdRange: { min: 99 } };
  const object = (spec: object, metadata: object = {}) => ({
    apiVersion: 'v1',
    kind: 'Any',
    metadata: { name: 'any', namespace: 'shop', uid: 'u', resourceVersion: '1', ...metadata },
    spec,
  });

  async function read(listed: (kind: ResourceKind) => Promise<KubeObject[]>) {
    const { canary, now } = aKnownRollout({
      edges: [],
      analysis: { metrics: [RATE, OWN] },
      endedS: 52,
    });
    const targetRef = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService' as const,
      name: 'web',
    };
    const versions: Canary = {
      ...canary,
      spec: { ...canary.spec, targetRef, version: { subset: 'v2' } },
      status: { ...canary.status!, stableVersion: 'v1' },
    };
    const sought: unknown[] = [];
    const past = aPast({
      counted: (_, { from }, workloads) => {
        sought.push(workloads);
        return Promise.resolve({
          span: { from, edges: [] },
          measure: () => ({ kind: 'value', value: 100 }),
        });
      },
    });
    const api = {
      get: () => Promise.resolve(undefined),
      list: async (kind: ResourceKind) => ({ items: await listed(kind), resourceVersion: '1' }),
    };
    return { sought, found: await readKnown(versions, { api, past, now }) };
  }

  it('asks for the workloads that the labels of the versions select', async () => {
    const subsets = ['v1', 'v2'].map((name) => ({ name, labels: { version: name } }));
    const deployment = (name: string) =>
      object({ template: { metadata: { labels: { version: name } } } }, { name: `web-${name}` });
    const { sought, found } = await read(({ kind }) => {
      if (kind === 'DestinationRule') return Promise.resolve([object({ host: 'web', subsets })]);
      return Promise.resolve(kind === 'Deployment' ? ['v1', 'v2'].map(deployment) : []);
    });
    expect(sought).toEqual([{ canary: ['web-v2'], primary: ['web-v1'] }]);
    expect(found.workloads).toEqual(['web-v2', 'web-v1']);
    expect(found.asked[0]?.query).toContain('destination_workload=~"web-v1|web-v2"');
  });

  it('says why they are not known, and asks for nobody', async () => {
    const refused = { code: 403, reason: 'Forbidden' };
    const { sought, found } = await read(() =>
      Promise.reject(new ClusterError('pods is forbidden', refused)),
    );
    const why = 'the workloads of its versions are not known: pods is forbidden';
    expect(sought).toEqual([]);
    expect(found.counted).toEqual({ why, isUnnamed: true });
    expect(found.asked[0]).toMatchObject({ query: undefined, why });
    expect(found.asked[1]?.query).toContain('x[');
  });
});
