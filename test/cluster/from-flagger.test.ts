import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubeObject } from '../../src/ports/cluster.ts';
import { startLinnetProcess, type LinnetProcess } from '../controller/linnet-process.ts';
import { type ChartAccount, installChartRights } from './kube/chart.ts';
import { canaryOf, FLAGGER_CANARIES, flaggerWorkload } from './kube/flagger-workload.ts';
import { providedCluster } from './kube/provided-cluster.ts';
import { states, until, untilGone, untilList } from './kube/waiting.ts';

/** The steps of docs/guides/from-flagger.md, in their order, on what Flagger leaves behind. */

const cluster = providedCluster();
let namespace: string;
let account: ChartAccount;
let linnet: LinnetProcess;
let endpoints: Endpoints;

beforeAll(async () => {
  namespace = await cluster.newNamespace('from-flagger');
  await run(['apply', '-f', '-'], FLAGGER_CANARIES);
  await run(['wait', '--for=condition=Established', 'crd/canaries.flagger.app', '--timeout=30s']);
  await run(['apply', '-f', '-'], canaryOf('flagger.app/v1beta1'));
  const { metadata } = await cluster.api.get(at('flagger.app/v1beta1', 'canaries', 'web'));
  await run(['apply', '-f', '-'], flaggerWorkload(metadata.uid ?? ''));
  await run(['rollout', 'status', 'deployment/web-primary', '--timeout=60s']);
  await untilList(cluster.api, slicesOfWeb(), (slices) => readyIn(slices) === 2);
  endpoints = watchEndpoints();

  account = await installChartRights(cluster, namespace);
  linnet = await startLinnetProcess({
    kubeconfig: account.kubeconfig,
    namespace,
    drain: '0s',
    prometheus: 'http://127.0.0.1:9',
  });
});

afterAll(async () => {
  await linnet.stop();
  await endpoints.end();
  await account.remove();
  await run(['delete', 'crd', 'canaries.flagger.app', '--timeout=60s']);
  await cluster.close();
});

test('Linnet takes over what Flagger made', async () => {
  await run(['apply', '-f', '-'], canaryOf('linnet.dev/v1beta1'));
  await run(['wait', 'canaries.linnet.dev/web', '--for=condition=Ready', '--timeout=60s']);
  expect(await ownedBy('flagger.app/v1beta1')).toEqual(['ConfigMap conf-primary']);
  expect(await ownedBy('linnet.dev/v1beta1')).toEqual(
    expect.arrayContaining([
      'Deployment web-primary',
      'DestinationRule web-canary',
      'DestinationRule web-primary',
      'HorizontalPodAutoscaler web-primary',
      'Service web',
      'Service web-canary',
      'Service web-primary',
      'VirtualService web',
    ]),
  );
});

test("it goes on when Flagger's Canary goes", async () => {
  const before = await cluster.api.get(at('apps/v1', 'deployments', 'web-primary'));
  await run(['delete', 'canaries.flagger.app', 'web', '--cascade=orphan', '--timeout=90s']);
  await untilGone(cluster.api, at('flagger.app/v1beta1', 'canaries', 'web'));
  const after = await cluster.api.get(at('apps/v1', 'deployments', 'web-primary'));
  expect(after.metadata.uid).toBe(before.metadata.uid);
  expect(after.metadata.deletionTimestamp).toBeUndefined();
});

test('it releases the next version, and callers never lacked an endpoint', async () => {
  await run(['set', 'image', 'deployment/web', 'web=web:2']);
  const released = await until<KubeObject & { status: { phase: string } }>(
    cluster.api,
    at('linnet.dev/v1beta1', 'canaries', 'web'),
    ({ status }) => status.phase === 'Succeeded',
  );
  expect(released).toMatchObject({ status: { history: [{ outcome: 'promoted' }] } });
  const image = ['get', 'deployment/web-primary', '-o', 'jsonpath={..image}'];
  expect(await run(image)).toBe('web:2');
  expect(endpoints.counts.length).toBeGreaterThan(0);
  expect(endpoints.counts.filter((count) => count < 2)).toEqual([]);
});

test('the rights for one namespace were enough', () => {
  const user = `system:serviceaccount:${account.namespace}:${account.name}`;
  const asked = cluster.audit.entries().filter((entry) => entry.user === user);
  expect(asked.length).toBeGreaterThan(20);
  expect(asked.filter(({ code }) => code === 403).map(({ requestURI }) => requestURI)).toEqual([]);
});

async function run(args: string[], manifest?: unknown): Promise<string> {
  const stdin = manifest === undefined ? '' : JSON.stringify(manifest);
  const { code, stdout, stderr } = await cluster.kubectl(['-n', namespace, ...args], { stdin });
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

function at(apiVersion: string, resource: string, name: string): string {
  return `/apis/${apiVersion}/namespaces/${namespace}/${resource}/${name}`;
}

/** `Kind name` of what an object of this API owns. */
async function ownedBy(apiVersion: string): Promise<string[]> {
  const kinds = 'deployments,services,hpa,virtualservices,destinationrules,configmaps,secrets';
  const { items } = JSON.parse(await run(['get', kinds, '-o', 'json'])) as { items: KubeObject[] };
  return items
    .filter(({ metadata }) =>
      metadata.ownerReferences?.some((owner) => owner.apiVersion === apiVersion),
    )
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    .toSorted();
}

interface Slice extends KubeObject {
  endpoints?: { conditions?: { ready?: boolean } }[] | null;
}

interface Endpoints {
  /** How many ready endpoints callers of `web` had, at every change. */
  readonly counts: readonly number[];
  end(): Promise<void>;
}

function slicesOfWeb(): string {
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  return `${path}?labelSelector=kubernetes.io/service-name%3Dweb`;
}

function readyIn(slices: Slice[]): number {
  const all = slices.flatMap(({ endpoints }) => endpoints ?? []);
  return all.filter(({ conditions }) => conditions?.ready === true).length;
}

function watchEndpoints(): Endpoints {
  const stop = new AbortController();
  const counts: number[] = [];
  const watching = (async () => {
    for await (const slices of states<Slice>(cluster.api, slicesOfWeb(), stop.signal)) {
      counts.push(readyIn(slices));
    }
  })();
  return {
    counts,
    async end() {
      stop.abort();
      await watching;
    },
  };
}
