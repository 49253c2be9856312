import { describe, expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { canary, configMap, deployment, service, widget } from './manifests.ts';
import { testNamespace } from './test-namespace.ts';

const ANNOTATE = { metadata: { annotations: { note: 'x' } } };
const LABEL = { metadata: { labels: { note: 'x' } } };
const REPLICAS = { spec: { replicas: 5 } };
const PLAN = {
  phase: 'Initializing',
  planVersion: 1,
  canaryWeight: 0,
  failedChecks: 0,
  iterations: 0,
  conditions: [],
};
const PAUSED = { paused: true };

interface Row {
  resource: string;
  manifest: object;
  of: string;
  change: object;
  subresource?: string;
  /** Before and after; undefined for kinds that count none. */
  generations: [number | undefined, number | undefined];
}

const ROWS: Row[] = [
  {
    resource: 'canaries',
    manifest: canary(),
    of: 'spec',
    change: { spec: { suspend: true } },
    generations: [1, 2],
  },
  {
    resource: 'canaries',
    manifest: canary(),
    of: 'annotations',
    change: ANNOTATE,
    generations: [1, 1],
  },
  { resource: 'canaries', manifest: canary(), of: 'labels', change: LABEL, generations: [1, 1] },
  { resource: 'canaries', manifest: canary(), of: 'nothing', change: {}, generations: [1, 1] },
  {
    resource: 'canaries',
    manifest: canary(),
    of: 'status',
    change: { status: PLAN },
    subresource: 'status',
    generations: [1, 1],
  },
  {
    resource: 'widgets',
    manifest: widget(),
    of: 'an undeclared field',
    change: { spec: { nope: 1 } },
    generations: [1, 1],
  },
  {
    resource: 'widgets',
    manifest: widget(),
    of: 'its scale',
    change: REPLICAS,
    subresource: 'scale',
    generations: [1, 2],
  },
  {
    resource: 'statefulsets',
    manifest: deployment(),
    of: 'spec',
    change: REPLICAS,
    generations: [1, 2],
  },
  {
    resource: 'statefulsets',
    manifest: deployment(),
    of: 'annotations',
    change: ANNOTATE,
    generations: [1, 1],
  },
  {
    resource: 'statefulsets',
    manifest: deployment(),
    of: 'its scale',
    change: REPLICAS,
    subresource: 'scale',
    generations: [1, 2],
  },
  {
    resource: 'statefulsets',
    manifest: deployment(),
    of: 'status',
    change: { status: { replicas: 1 } },
    subresource: 'status',
    generations: [1, 1],
  },
  {
    resource: 'configmaps',
    manifest: configMap(),
    of: 'data',
    change: { data: { a: '2' } },
    generations: [undefined, undefined],
  },
  {
    resource: 'services',
    manifest: service(),
    of: 'spec',
    change: { spec: { type: 'NodePort' } },
    generations: [undefined, undefined],
  },
];

export function describeGeneration(server: () => ApiServer): void {
  const ns = testNamespace(server, 'generation');

  test.each(ROWS)('$resource, by a change of $of: $generations', async (row) => {
    const { resource, manifest, change, subresource, generations } = row;
    const made = await ns.create(resource, manifest);
    const path = `${resource}/${made.metadata.name}`;
    const write = subresource === undefined ? path : `${path}/${subresource}`;
    expect(await ns.patch('merge', write, change)).toMatchObject({ status: 200 });
    const after = await ns.read(path);
    expect([made.metadata.generation, after.metadata.generation]).toEqual(generations);
  });

  describe('deployments', () => {
    test('their annotations count too', async () => {
      const made = await ns.create('deployments', deployment({}, PAUSED));
      const path = `deployments/${made.metadata.name}`;
      const annotated = await ns.patch('merge', path, ANNOTATE);
      expect(annotated.body.metadata.generation).toBe((made.metadata.generation ?? 0) + 1);
      const labelled = await ns.patch('merge', path, LABEL);
      expect(labelled.body.metadata.generation).toBe(annotated.body.metadata.generation);
    });
  });

  test('what the client says of it is not heard', async () => {
    const metadata = { name: 'liar', generation: 7 };
    const made = await ns.create('canaries', { ...canary(), metadata });
    expect(made.metadata.generation).toBe(1);
    const answer = await ns.patch('merge', 'canaries/liar', { metadata: { generation: 9 } });
    expect(answer.body.metadata.generation).toBe(1);
  });

  test('a deletion that waits for a finalizer counts as a change', async () => {
    const metadata = { name: 'held', finalizers: ['linnet.dev/finalizer'] };
    await ns.create('canaries', { ...canary(), metadata });
    const { body } = await ns.remove('canaries/held');
    expect(body.metadata.generation).toBe(2);
    await ns.patch('merge', 'canaries/held', { metadata: { finalizers: null } });
  });
}
