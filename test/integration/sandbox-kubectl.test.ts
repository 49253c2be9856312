import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { JsonObject, ResourceKind } from '../../src/sandbox/apiserver/cluster-state.ts';
import {
  kubectlPrograms,
  kubectlSession,
  type KubectlSession,
} from '../builders/kubectl-session.ts';
import { startApiServer, type ApiServer } from '../../src/sandbox/apiserver/server.ts';

const CONFIG_MAPS: ResourceKind = { group: '', version: 'v1', resource: 'configmaps' };
const DEPLOYMENTS: ResourceKind = { group: 'apps', version: 'v1', resource: 'deployments' };

const PROGRAMS = kubectlPrograms();

test('there is a kubectl to try the sandbox with', (context) => {
  const advice = 'kubectl is neither on the PATH nor in the cache of the cluster suite: install it';
  if (PROGRAMS.length === 0) context.skip(advice);
  expect(PROGRAMS).not.toEqual([]);
});

describe.each(PROGRAMS)('%s', (program) => {
  let server: ApiServer;
  let folder: string;
  let session: KubectlSession;

  beforeAll(async () => {
    server = await startApiServer();
    folder = await mkdtemp(path.join(tmpdir(), 'linnet-kubeconfig-'));
    const kubeconfig = path.join(folder, 'kubeconfig');
    await server.writeKubeconfig(kubeconfig);
    session = await kubectlSession(program, kubeconfig);
  });

  afterAll(async () => {
    await session.close();
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const kubectl = (line: string, manifest?: object): Promise<string> => session.run(line, manifest);
  const refusal = (line: string, manifest?: object): Promise<string> =>
    session.refusal(line, manifest);

  test('installs the shipped kinds', async () => {
    const folder = path.join(import.meta.dirname, '../../crds');
    expect(await kubectl(`apply -f ${folder}`)).toMatch(/canaries.linnet.dev created/);
    expect(await kubectl(`apply --server-side -f ${folder}`)).toMatch(/serverside-applied/);
    await kubectl('wait --for=condition=Established crd --all --timeout=10s');
  });

  test('knows the server and what it serves', async () => {
    expect(await kubectl('get --raw /readyz')).toBe('ok');
    expect(await kubectl('version')).toContain('Server Version: v1.34');
    const resources = await kubectl('api-resources --no-headers -o name');
    expect(resources.split('\n')).toEqual(
      expect.arrayContaining(['pods', 'deployments.apps', 'canaries.linnet.dev']),
    );
    expect(await kubectl('auth can-i create deployments')).toBe('yes');
  });

  describe('apply', () => {
    test('creates, leaves alone, changes, and takes away what is no longer said', async () => {
      const labels = { tier: 'front' };
      expect(await kubectl('apply -f -', deployment('web', { labels }))).toMatch(/web created/);
      expect(await kubectl('apply -f -', deployment('web', { labels }))).toMatch(/web unchanged/);
      expect(await kubectl('apply -f -', deployment('web', { image: 'web:2' }))).toMatch(
        /web configured/,
      );
      const stored = server.state.get(DEPLOYMENTS, 'default', 'web');
      expect(stored?.metadata.labels).toBeUndefined();
      expect(await kubectl(`get deploy web -o jsonpath=${IMAGE}`)).toBe('web:2');
    });

    test('on the server finds conflicts, and overrides them when told', async () => {
      const line = 'apply --server-side -f -';
      expect(await kubectl(`${line} --field-manager=a`, deployment('ssa'))).toMatch(
        /ssa serverside-applied/,
      );
      const other = deployment('ssa', { image: 'web:9' });
      expect(await refusal(`${line} --field-manager=b`, other)).toContain(
        'conflict with "a": .spec.template.spec.containers[name="web"].image',
      );
      await kubectl(`${line} --field-manager=b --force-conflicts`, other);
      expect(await kubectl(`get deploy ssa -o jsonpath=${IMAGE}`)).toBe('web:9');
    });

    test('refuses a misspelt field', async () => {
      const misspelt = { ...deployment('odd'), spec: { replica: 1 } };
      expect(await refusal('apply -f -', misspelt)).toContain('unknown field "spec.replica"');
    });

    test('can be tried first', async () => {
      const changed = deployment('web', { image: 'web:3' });
      expect(await kubectl('apply -f - --dry-run=server', changed)).toMatch(/server dry run/);
      const { code, stdout } = await session.outcome('diff -f -', changed);
      expect(code).toBe(1);
      expect(stdout).toContain('+      - image: web:3');
      expect(await kubectl(`get deploy web -o jsonpath=${IMAGE}`)).toBe('web:2');
    });
  });

  describe('create', () => {
    test.each([
      ['namespace shop', 'get ns shop -o jsonpath={.status.phase}', 'Active'],
      ['configmap made --from-literal=a=b', 'get cm made -o jsonpath={.data}', '{"a":"b"}'],
      [
        'secret generic made --from-literal=a=b',
        'get secret made -o jsonpath={.data}',
        '{"a":"Yg=="}',
      ],
      [
        'deployment made --image=made:1 --replicas=3',
        'get deploy made -o jsonpath={.spec.replicas}',
        '3',
      ],
      [
        'service clusterip made --tcp=80:8080',
        'get svc made -o jsonpath={.spec.ports[0].targetPort}',
        '8080',
      ],
      ['job made --image=made:1', 'get job made -o jsonpath={.spec.backoffLimit}', '6'],
    ])('%s', async (what, question, answer) => {
      expect(await kubectl(`create ${what}`)).toMatch(/created$/);
      expect(await kubectl(question)).toBe(answer);
      expect(await refusal(`create ${what}`)).toMatch(/AlreadyExists|already exists/);
    });
  });

  describe('changes', () => {
    beforeAll(() => kubectl('apply -f -', deployment('changed')));
    const read = (field: string): Promise<string> =>
      kubectl(`get deploy changed -o jsonpath={${field}}`);

    test.each([
      ['set image deploy/changed web=web:5', '.spec.template.spec.containers[0].image', 'web:5'],
      ['scale deploy/changed --replicas=7', '.spec.replicas', '7'],
      ['label deploy/changed colour=blue', '.metadata.labels.colour', 'blue'],
      ['annotate deploy/changed note=hello', '.metadata.annotations.note', 'hello'],
      ['patch deploy/changed --type=merge -p {"spec":{"paused":true}}', '.spec.paused', 'true'],
      [
        'patch deploy/changed -p {"spec":{"template":{"spec":{"containers":[{"name":"web","tty":true}]}}}}',
        '.spec.template.spec.containers[0].tty',
        'true',
      ],
      [
        'patch deploy/changed --type=json -p [{"op":"replace","path":"/spec/replicas","value":1}]',
        '.spec.replicas',
        '1',
      ],
      [
        'patch deploy/changed --subresource=status --type=merge -p {"status":{"replicas":1}}',
        '.status.replicas',
        '1',
      ],
    ])('%s', async (line, field, value) => {
      await kubectl(line);
      expect(await read(field)).toBe(value);
    });

    test('with a stale revision are refused', async () => {
      const stale = '[{"op":"replace","path":"/metadata/resourceVersion","value":"1"}]';
      expect(await refusal(`patch deploy/changed --type=json -p ${stale}`)).toContain(
        'the object has been modified',
      );
    });
  });

  describe('shows', () => {
    test('tables with the columns of each kind', async () => {
      const [header, row] = (await kubectl('get deploy changed -o wide')).split('\n');
      expect(header?.split(/\s{2,}/)).toEqual([
        'NAME',
        'READY',
        'UP-TO-DATE',
        'AVAILABLE',
        'AGE',
        'CONTAINERS',
        'IMAGES',
        'SELECTOR',
      ]);
      expect(row?.split(/\s+/).at(-1)).toBe('app=changed');
    });

    test('what it can describe and explain', async () => {
      expect(await kubectl('describe deploy changed')).toContain('RollingUpdateStrategy:');
      expect(await kubectl('describe svc kubernetes')).toContain('10.96.0.1');
      expect(await kubectl('explain deployment.spec.strategy')).toContain('rollingUpdate');
      expect(await kubectl('explain canary.spec.analysis')).toContain('stepWeight');
    });

    test('pages as one list', async () => {
      const all = await kubectl('get cm -o name --chunk-size=1');
      expect(all.split('\n')).toHaveLength(server.state.list(CONFIG_MAPS, 'default').length);
    });
  });

  describe('waits', () => {
    test('for a rollout', async () => {
      await kubectl('apply -f -', deployment('rolled'));
      const waiting = kubectl('rollout status deploy/rolled --timeout=30s');
      await watched('deployments');
      const current = server.state.get(DEPLOYMENTS, 'default', 'rolled');
      const counts = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };
      server.state.replaceStatus(DEPLOYMENTS, {
        metadata: { name: 'rolled', namespace: 'default' },
        status: { ...counts, observedGeneration: current?.metadata.generation ?? 0 },
      });
      expect(await waiting).toContain('successfully rolled out');
    });

    test('for a deletion that a finalizer holds back', async () => {
      const metadata = { name: 'held', namespace: 'default', finalizers: ['linnet.dev/test'] };
      server.state.create(CONFIG_MAPS, { metadata });
      const waiting = kubectl('delete cm held --timeout=30s');
      await watched('configmaps');
      server.state.replace(CONFIG_MAPS, { metadata: { ...metadata, finalizers: [] } });
      expect(await waiting).toMatch(/"held" deleted/);
    });

    test('and watches', async () => {
      const lines = session.follow('get cm -w --output-watch-events');
      await watched('configmaps');
      server.state.create(CONFIG_MAPS, { metadata: { name: 'seen', namespace: 'default' } });
      server.state.delete(CONFIG_MAPS, 'default', 'seen');
      expect(await lines.until(/DELETED +seen/)).toMatch(/ADDED +seen[^]*DELETED +seen/);
      lines.end();
    });
  });

  describe('the shipped kinds', () => {
    const canary = (spec: JsonObject): object => ({
      apiVersion: 'linnet.dev/v1beta1',
      kind: 'Canary',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        service: { port: 80 },
        ...spec,
      },
    });
    const analysis = { interval: '10s', threshold: 3, stepWeight: 10, maxWeight: 50 };

    test('are applied either way, and shown with their columns', async () => {
      await kubectl('apply -f -', canary({ analysis }));
      await kubectl('apply --server-side --force-conflicts -f -', canary({ analysis }));
      const [header] = (await kubectl('get canaries')).split('\n');
      expect(header).toMatch(/^NAME +STATUS/);
    });

    test('are refused when they contradict themselves', async () => {
      const both = canary({ analysis: { ...analysis, iterations: 3 } });
      expect(await refusal('apply -f -', both)).toContain('is invalid');
    });

    test('have a status of their own', async () => {
      const patch = '{"status":{"planVersion":1,"phase":"Progressing","canaryWeight":10}}';
      await kubectl(`patch canary web --subresource=status --type=merge -p ${patch}`);
      await kubectl('wait --for=jsonpath={.status.phase}=Progressing canary/web --timeout=10s');
      expect(await kubectl('get canary web -o jsonpath={.metadata.generation}')).toBe('1');
    });
  });

  /** Resolves when a watch on the resource is open. */
  function watched(resource: string): Promise<void> {
    return new Promise((resolve) => {
      server.faults.onWatch(({ path }) => {
        if (path.includes(`/${resource}?`)) resolve();
      });
    });
  }
});

const IMAGE = '{.spec.template.spec.containers[0].image}';

function deployment(
  name: string,
  { image = 'web:1', labels }: { image?: string; labels?: Record<string, string> } = {},
): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default', ...(labels ? { labels } : {}) },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'web', image }] },
      },
    },
  };
}
