import { expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { canary, configMap, deployment, service, widget } from './manifests.ts';
import { refusal, said } from './refusal.ts';
import { testNamespace } from './test-namespace.ts';

/** What kubectl prints by default. */
export function describeTables(server: () => ApiServer): void {
  const ns = testNamespace(server, 'tables');
  const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1';
  const pod = { spec: { containers: [{ name: 'web', image: 'registry.example/web:1' }] } };
  const scaler = {
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      maxReplicas: 3,
    },
  };

  test.each([
    {
      resource: 'canaries',
      manifest: canary(),
      columns:
        'Name Status Weight Suspended* FailedChecks* Interval* Mirror* StepWeight* StepWeights* MaxWeight* LastTransitionTime Ready* Revision* Verdict*',
    },
    { resource: 'widgets', manifest: widget(), columns: 'Name Size Mode Ready Wide* Age' },
    {
      resource: 'deployments',
      manifest: deployment({}, { paused: true }),
      columns: 'Name Ready Up-to-date Available Age Containers* Images* Selector*',
    },
    {
      resource: 'replicasets',
      manifest: deployment(),
      columns: 'Name Desired Current Ready Age Containers* Images* Selector*',
    },
    {
      resource: 'statefulsets',
      manifest: deployment(),
      columns: 'Name Ready Age Containers* Images*',
    },
    {
      resource: 'pods',
      manifest: pod,
      columns: 'Name Ready Status Restarts Age IP* Node* Nominated_Node* Readiness_Gates*',
    },
    {
      resource: 'services',
      manifest: service(),
      columns: 'Name Type Cluster-IP External-IP Port(s) Age Selector*',
    },
    { resource: 'configmaps', manifest: configMap(), columns: 'Name Data Age' },
    { resource: 'secrets', manifest: {}, columns: 'Name Type Data Age' },
    { resource: 'serviceaccounts', manifest: {}, columns: 'Name Secrets Age' },
    {
      resource: 'horizontalpodautoscalers',
      manifest: scaler,
      columns: 'Name Reference Targets MinPods MaxPods Replicas Age',
    },
    {
      resource: 'controllerrevisions',
      manifest: { revision: 1, data: {} },
      columns: 'Name Controller Revision Age',
    },
    { resource: 'leases', manifest: {}, columns: 'Name Holder Age' },
    {
      resource: 'events',
      manifest: undefined,
      columns: 'Last_Seen Type Reason Object Subobject* Source* Message First_Seen* Count* Name*',
    },
  ])('$resource: $columns', async ({ resource, manifest, columns }) => {
    if (manifest) await ns.create(resource, manifest);
    const { body } = await ns.get<Table>(resource, accept);
    expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    const named = body.columnDefinitions.map(
      ({ name, priority }) => name.replaceAll(' ', '_') + (priority > 0 ? '*' : ''),
    );
    expect(named.join(' ')).toBe(columns);
    for (const { cells } of body.rows) expect(cells).toHaveLength(named.length);
  });

  const cellsOf = async (path: string): Promise<unknown[]> => {
    const { body } = await ns.get<Table>(path, accept);
    const age = body.columnDefinitions.findIndex(({ name }) => name === 'Age');
    return (body.rows[0]?.cells ?? []).filter((_cell, index) => index !== age);
  };

  test('cells of a Widget, by JSON path', async () => {
    await ns.create('widgets', { ...widget({ port: 'http' }), metadata: { name: 'cells' } });
    const status = {
      conditions: [
        { type: 'Other', status: 'False' },
        { type: 'Ready', status: 'True' },
      ],
    };
    await ns.patch('merge', 'widgets/cells/status', { status });
    expect(await cellsOf('widgets/cells')).toEqual(['cells', 3, 'Fast', 'True', 'http']);
  });

  test('cells of a Service', async () => {
    const ports = [
      { name: 'http', port: 80 },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ];
    const spec = { clusterIP: 'None', ports };
    await ns.create('services', { ...service(spec), metadata: { name: 'cells' } });
    const cells = ['cells', 'ClusterIP', 'None', '<none>', '80/TCP,53/UDP', 'app=web'];
    expect(await cellsOf('services/cells')).toEqual(cells);
  });

  test('cells of a Pod', async () => {
    // Of a node that nobody plays the kubelet of.
    const spec = { ...pod.spec, nodeName: 'elsewhere' };
    await ns.create('pods', { spec, metadata: { name: 'cells' } });
    const status = {
      phase: 'Running',
      podIP: '10.1.2.3',
      podIPs: [{ ip: '10.1.2.3' }],
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        {
          name: 'web',
          ready: true,
          restartCount: 0,
          image: 'x',
          imageID: 'x',
          state: { running: {} },
        },
      ],
    };
    await ns.patch('merge', 'pods/cells/status', { status });
    const cells = ['cells', '1/1', 'Running', 0, '10.1.2.3', 'elsewhere', '<none>', '<none>'];
    expect((await cellsOf('pods/cells')).map((cell) => (cell === '0' ? 0 : cell))).toEqual(cells);
  });

  test('cells of a StatefulSet and a ConfigMap', async () => {
    await ns.create('statefulsets', { ...deployment(), metadata: { name: 'cells' } });
    const cells = ['cells', '0/0', 'web', 'registry.example/web:1'];
    expect(await cellsOf('statefulsets/cells')).toEqual(cells);
    await ns.create('configmaps', { data: { a: '1', b: '2' }, metadata: { name: 'cells' } });
    expect(await cellsOf('configmaps/cells')).toEqual(['cells', 2]);
  });

  test.each([
    ['Metadata', { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' }],
    ['Object', { kind: 'Widget', spec: { size: 3 } }],
  ])('a row carries its %s', async (include, object) => {
    await ns.create('widgets', widget());
    const { body } = await ns.get<Table>(`widgets?includeObject=${include}`, accept);
    expect(body.rows[0]?.object).toMatchObject(object);
  });

  test('a row carries nothing', async () => {
    await ns.create('widgets', widget());
    const { body } = await ns.get<Table>('widgets?includeObject=None', accept);
    expect(body.rows[0]?.object ?? null).toBeNull();
  });

  test('page by page', async () => {
    for (const name of ['page-1', 'page-2']) {
      await ns.create('configmaps', { metadata: { name, labels: { page: 'yes' } } });
    }
    const { body } = await ns.get<Table>('configmaps?labelSelector=page&limit=1', accept);
    expect(body.rows).toHaveLength(1);
    expect(body.metadata.continue).toEqual(expect.any(String));
  });

  test('a refusal is a Status', async () => {
    const answer = await ns.get('configmaps/none', accept);
    const details = { name: 'none', kind: 'configmaps' };
    const message = 'configmaps "none" not found';
    expect(said(answer)).toEqual(refusal(404, 'NotFound', message, details));
  });
}

interface Table {
  metadata: { continue?: string };
  columnDefinitions: { name: string; priority: number }[];
  rows: { cells: unknown[]; object: unknown }[];
}
