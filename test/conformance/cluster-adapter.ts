import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { kubernetesCanaries } from '../../src/adapters/kubernetes/canaries.ts';
import { createApiClient, type LiveClient } from '../../src/adapters/kubernetes/client.ts';
import { serverClock } from '../../src/adapters/kubernetes/clock.ts';
import { createEvent } from '../../src/adapters/kubernetes/events.ts';
import { connectionFrom } from '../../src/adapters/kubernetes/kubeconfig.ts';
import type { Canary } from '../../src/api/canary.ts';
import type { CanaryStatus } from '../../src/api/status.ts';
import {
  ClusterError,
  isConflict,
  type KubeObject,
  type ResourceKind,
  type WatchEvent,
} from '../../src/ports/cluster.ts';
import {
  apiVersionOf,
  CANARY_KIND,
  CONFIG_MAP,
  DEPLOYMENT,
  EVENT,
  SECRET,
} from '../../src/ports/kinds.ts';
import { remembering } from '../../src/watch/remembering.ts';
import { startWatches, type Watches } from '../../src/watch/watches.ts';

/** An API server with the project's CRDs. */
export interface Place {
  readonly kubeconfig: string;
  newNamespace(label: string): Promise<string>;
}

/** What Linnet's client, store and Canaries lean on, on whatever API server. */
export function describeClusterAdapter(prepare: () => Promise<Place>): void {
  let api: LiveClient;
  let namespace: string;
  const clock = serverClock();

  beforeAll(async () => {
    const place = await prepare();
    const connection = connectionFrom({ kubeconfig: place.kubeconfig });
    api = createApiClient({ connection, version: 'test', clock });
    namespace = await place.newNamespace('adapter');
  });
  afterAll(() => api.close());

  const configMap = (name: string, data: Record<string, string>) =>
    object(CONFIG_MAP, namespace, name, { data });

  describe('the client', () => {
    it('creates, reads, replaces and deletes', async () => {
      const created = await api.create(CONFIG_MAP, configMap('crud', { a: '1' }));
      expect(await api.get(CONFIG_MAP, namespace, 'crud')).toEqual(created);
      const replaced = await api.replace(CONFIG_MAP, { ...created, data: { a: '2' } });
      expect(replaced['data']).toEqual({ a: '2' });
      await api.delete(CONFIG_MAP, namespace, 'crud');
      expect(await api.get(CONFIG_MAP, namespace, 'crud')).toBeUndefined();
      await api.delete(CONFIG_MAP, namespace, 'crud');
    });

    it('is refused where somebody else was first', async () => {
      const old = await api.create(CONFIG_MAP, configMap('fenced', { a: '1' }));
      const patch = { metadata: { resourceVersion: old.metadata.resourceVersion } };
      await api.patch(CONFIG_MAP, namespace, 'fenced', 'merge', { data: { a: '2' } });

      expect(isConflict(await failureOf(api.replace(CONFIG_MAP, old)))).toBe(true);
      const merge = api.patch(CONFIG_MAP, namespace, 'fenced', 'merge', patch);
      expect(isConflict(await failureOf(merge))).toBe(true);
      const other = { uid: '00000000-0000-0000-0000-000000000000' };
      const deletion = api.delete(CONFIG_MAP, namespace, 'fenced', other);
      expect(isConflict(await failureOf(deletion))).toBe(true);
      const again = await failureOf(api.create(CONFIG_MAP, configMap('fenced', {})));
      expect(again).toMatchObject({ code: 409, reason: 'AlreadyExists' });
    });

    it('patches by JSON Patch, whose tests hold or refuse', async () => {
      await api.create(CONFIG_MAP, configMap('patched', { a: '1' }));
      const patch = (value: string) =>
        api.patch(CONFIG_MAP, namespace, 'patched', 'json', [
          { op: 'test', path: '/data/a', value },
          { op: 'replace', path: '/data/a', value: '2' },
        ]);
      expect((await patch('1'))['data']).toEqual({ a: '2' });
      expect(await failureOf(patch('1'))).toMatchObject({ code: 422 });
    });

    it('applies, and says with whom it is at odds', async () => {
      await api.create(CONFIG_MAP, configMap('applied', { a: '1' }));
      const wanted = configMap('applied', { a: '2' });
      const manager = 'linnet';
      const apply = (force: boolean) =>
        api.patch(CONFIG_MAP, namespace, 'applied', 'apply', wanted, { force });
      expect(await failureOf(apply(false))).toMatchObject({ code: 409, reason: 'Conflict' });
      const applied = await apply(true);
      expect(JSON.stringify(applied.metadata['managedFields'])).toContain(manager);
    });

    it('tries without leaving a trace', async () => {
      const dry = { dryRun: true };
      await api.create(CONFIG_MAP, configMap('tried', {}), dry);
      expect(await api.get(CONFIG_MAP, namespace, 'tried')).toBeUndefined();
    });

    it('hears what is invalid', async () => {
      const broken = object(CANARY_KIND, namespace, 'broken', {
        spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' } },
      });
      const error = await failureOf(api.create(CANARY_KIND, broken));
      expect(error).toMatchObject({ code: 422, reason: 'Invalid' });
      expect(error.message).toContain('spec');
    });

    it('lists and watches metadata without content', async () => {
      const { resourceVersion } = await api.list(SECRET, { namespace, metadataOnly: true });
      const secret = object(SECRET, namespace, 'key', { stringData: { password: 'hunter2' } });
      await api.create(SECRET, secret);
      const list = await api.list(SECRET, { namespace, metadataOnly: true });
      const [event] = await eventsOf(SECRET, resourceVersion, 1);
      const found = list.items.find(({ metadata }) => metadata.name === 'key');
      const type = { apiVersion: 'v1', kind: 'Secret' };
      expect(found).toEqual({ ...type, metadata: expect.objectContaining({ name: 'key' }) });
      expect(event).toEqual({ type: 'ADDED', object: found });
    });

    it('watches on from a list, and not from what is too old', async () => {
      const { resourceVersion } = await api.list(CONFIG_MAP, { namespace });
      const created = await api.create(CONFIG_MAP, configMap('watched', { a: '1' }));
      const changed = await api.patch(CONFIG_MAP, namespace, 'watched', 'merge', {
        data: { a: '2' },
      });
      await api.delete(CONFIG_MAP, namespace, 'watched');
      const events = await eventsOf(CONFIG_MAP, resourceVersion, 3);
      expect(events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
      expect(events.slice(0, 2)).toMatchObject([{ object: created }, { object: changed }]);
    });

    it('knows the time', () => {
      expect(Math.abs(clock.now() - Date.now())).toBeLessThan(5_000);
    });
  });

  /** So many events from there on. */
  async function eventsOf(
    kind: ResourceKind,
    resourceVersion: string,
    count: number,
  ): Promise<WatchEvent[]> {
    const ending = new AbortController();
    const options = { namespace, resourceVersion, signal: ending.signal };
    const events: WatchEvent[] = [];
    for await (const event of api.watch(kind, { ...options, metadataOnly: kind === SECRET })) {
      if (event.type !== 'BOOKMARK' && event.object.metadata.name !== 'kube-root-ca.crt') {
        events.push(event);
      }
      if (events.length === count) ending.abort();
    }
    return events;
  }

  describe('Canaries', () => {
    let watches: Watches;
    let woken: string[];

    beforeAll(async () => {
      woken = [];
      watches = await startWatches(api, {
        namespace,
        onKeys: (keys) => woken.push(...keys.map(({ name }) => name)),
        log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      });
    });
    afterAll(() => watches.stop());

    const adapter = () => kubernetesCanaries(remembering(api, watches.store), watches.store);

    async function create(name: string, target = name): Promise<Canary> {
      const spec = {
        targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target },
        service: { port: 80 },
        analysis: { interval: '10s', stepWeight: 20 },
      };
      await api.create(CANARY_KIND, object(CANARY_KIND, namespace, name, { spec }));
      return vi.waitFor(() => given(adapter().cached({ namespace, name })), WAIT);
    }

    it('are stored with their status alone, once', async () => {
      const canary = await create('stored');
      const plan = {
        phase: 'Initializing',
        planVersion: 1,
        canaryWeight: 0,
        failedChecks: 0,
        iterations: 0,
        conditions: [],
        fences: { target: 1 },
      } as CanaryStatus;
      const stored = await adapter().store(canary, plan);
      expect(stored.spec).toEqual(canary.spec);
      expect(stored.status).toEqual(plan);
      expect(stored.metadata.generation).toBe(canary.metadata.generation);
      const { resourceVersion } = stored.metadata;
      const cached = adapter().cached({ namespace, name: 'stored' });
      expect(cached).toMatchObject({ metadata: { resourceVersion }, status: plan });
      expect(await adapter().store(stored, plan)).toBe(stored);
      const late = adapter().store(canary, { ...plan, canaryWeight: 20 });
      expect(isConflict(await failureOf(late))).toBe(true);
    });

    it('hold their target, which no other gets, until they are released', async () => {
      await api.create(DEPLOYMENT, deployment(namespace, 'shared'));
      const first = await adapter().hold(await create('first', 'shared'));
      const second = await create('second', 'shared');
      expect(await failureOf(adapter().hold(second))).toMatchObject({ reason: 'TargetClaimed' });

      await api.delete(CANARY_KIND, namespace, 'first');
      const deleted = given(await adapter().read({ namespace, name: 'first' }));
      expect(deleted.metadata.deletionTimestamp).toBeDefined();
      expect(deleted.metadata.uid).toBe(first.metadata.uid);
      woken = [];
      await adapter().release(deleted);
      await vi.waitFor(() => expect(woken).toContain('second'), WAIT);
      await vi.waitFor(
        () => expect(adapter().cached({ namespace, name: 'first' })).toBeUndefined(),
        WAIT,
      );
      const held = await adapter().hold(second);
      expect(held.metadata.finalizers).toEqual(['linnet.dev/finalizer']);
    });

    it('tell of themselves by events, each once', async () => {
      const canary = await create('telling');
      const event = { n: 1, type: 'Normal', reason: 'Started', message: 'on its way' } as const;
      for (let time = 0; time < 2; time++) {
        await createEvent(api, canary, { ...event, at: '2026-11-21T10:00:00.123Z' });
      }
      const { items } = await api.list(EVENT, {
        namespace,
        fieldSelector: `involvedObject.uid=${canary.metadata.uid}`,
      });
      expect(items).toMatchObject([
        { reason: 'Started', message: 'on its way', firstTimestamp: '2026-11-21T10:00:00Z' },
      ]);
    });

    it('wake nobody by a status, and whom it concerns by a spec', async () => {
      const canary = await adapter().hold(await create('quiet'));
      await vi.waitFor(() => expect(woken).toContain('quiet'), WAIT);
      woken = [];
      const plan = { ...canary.status, phase: 'Initializing', planVersion: 1 } as CanaryStatus;
      await adapter().store(canary, plan);
      await api.create(DEPLOYMENT, deployment(namespace, 'quiet-primary'));
      await vi.waitFor(() => expect(woken).toContain('quiet'), WAIT);
      const before = woken.length;
      await api.patch(CANARY_KIND, namespace, 'quiet', 'merge', { spec: { suspend: true } });
      await vi.waitFor(() => expect(woken.length).toBeGreaterThan(before), WAIT);
    });
  });
}

const WAIT = { timeout: 20_000, interval: 20 };

function object(kind: ResourceKind, namespace: string, name: string, more: object): KubeObject {
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: { namespace, name },
    ...more,
  };
}

function deployment(namespace: string, name: string): KubeObject {
  const labels = { app: name };
  const container = { name: 'web', image: 'registry.example/web:1' };
  return object(DEPLOYMENT, namespace, name, {
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  });
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is not there');
  return value;
}

async function failureOf(promise: Promise<unknown>): Promise<ClusterError> {
  const error: unknown = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ClusterError);
  return error as ClusterError;
}
