import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject, ResourceKind } from '../../src/sandbox/apiserver/cluster-state.ts';
import { sidecarOf } from '../../src/sandbox/mesh/mesh-request.ts';
import { DESTINATION_RULES, VIRTUAL_SERVICES } from '../../src/sandbox/mesh/istio-resources.ts';
import type { Load } from '../../src/sandbox/load.ts';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { DEPLOYMENTS, SERVICES, type Deployment } from '../../src/sandbox/workloads/resources.ts';

const KINDS: Record<string, ResourceKind> = {
  Deployment: DEPLOYMENTS,
  Service: SERVICES,
  VirtualService: VIRTUAL_SERVICES,
  DestinationRule: DESTINATION_RULES,
};

/** Two versions of a shop behind a gateway; the second fails for those on the plan `pro`. */
const SHOP = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: http }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: web, namespace: shop }
spec:
  host: web
  subsets:
    - { name: v1, labels: { version: v1 } }
    - { name: v2, labels: { version: v2 } }
---
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: { name: web, namespace: shop }
spec:
  hosts: [shop.example.com, web]
  gateways: [istio-system/public-gateway, mesh]
  http:
    - match: [{ headers: { cookie: { regex: '^(.*;\\s*)?always=v2(;.*)?$' } } }]
      route: [{ destination: { host: web, subset: v2 } }]
    - route:
        - { destination: { host: web, subset: v1 }, weight: 80 }
        - { destination: { host: web, subset: v2 }, weight: 20 }
${deployment('v1', '')}
${deployment('v2', "sandbox.linnet.dev/errors-for-header: 'x-plan: pro 100% 503'")}
`;

function deployment(version: string, annotation: string): string {
  return `---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web-${version}, namespace: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: web, version: ${version} } }
  template:
    metadata:
      labels: { app: web, version: ${version} }
      annotations:
        sandbox.linnet.dev/ready-after: 200ms
        ${annotation}
    spec:
      containers:
        - { name: web, image: 'web:${version}', ports: [{ name: http, containerPort: 8080 }] }
`;
}

let sandbox: Sandbox;
const problems: string[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({
    scrapeIntervalMs: 500,
    onProblem: (line) => problems.push(line),
  });
  for (const document of parseAllDocuments(SHOP)) {
    const object = document.toJS() as KubeObject;
    const kind = KINDS[object.kind];
    if (kind === undefined) throw new Error(`no such kind: ${object.kind}`);
    sandbox.state.create(kind, object);
  }
  await Promise.all([untilAvailable('web-v1'), untilAvailable('web-v2')]);
  await untilServed();
});

afterAll(() => sandbox.stop());

/** Resolves by the event that says so. */
function untilAvailable(name: string): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = sandbox.state.subscribe(DEPLOYMENTS, ({ object }) => {
      const { metadata, status, spec } = object as Deployment;
      if (metadata.name !== name || status?.availableReplicas !== spec.replicas) return;
      // The subscription may tell of what exists before it has returned.
      queueMicrotask(() => unsubscribe());
      resolve();
    });
  });
}

/** Endpoints lag behind pods, and the mesh behind endpoints. */
async function untilServed(): Promise<void> {
  await vi.waitFor(async () => {
    const answers = [await get('/'), await get('/', { cookie: 'always=v2' })];
    if (answers.some(({ status }) => status !== 200)) throw new Error('not served yet');
  }, 10_000);
}

/** Through the ingress gateway, over real HTTP. */
function get(at: string, headers: Record<string, string> = {}): Promise<Answer> {
  const url = new URL(at, sandbox.gatewayUrl);
  return request(url, { host: 'shop.example.com', ...headers });
}

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** fetch does not send a Host header of one's choice. */
function request(url: URL, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = http.get(url, { headers, agent: false }, (incoming) => {
      let body = '';
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }),
      );
    });
    outgoing.on('error', reject);
  });
}

async function promQL(query: string): Promise<Map<string, number>> {
  const url = `${sandbox.prometheusUrl}/api/v1/query?query=${encodeURIComponent(query)}`;
  const answer = (await (await fetch(url)).json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  const entries = answer.data.result.map(
    ({ metric, value }) => [Object.values(metric).join(' '), Number(value[1])] as const,
  );
  return new Map(entries);
}

describe('over real HTTP', () => {
  test('the gateway answers with the pod that served it', async () => {
    const { status, headers, body } = await get('/', { cookie: 'a=1; always=v2' });
    expect(status).toBe(200);
    expect(headers['server']).toBe('istio-envoy');
    expect(JSON.parse(body)).toMatchObject({ service: 'web-v2', version: 'v2', namespace: 'shop' });
  });

  test('a version can fail for some of its users only', async () => {
    const cookie = 'always=v2';
    expect((await get('/', { cookie, 'x-plan': 'pro' })).status).toBe(503);
    expect((await get('/', { cookie, 'x-plan': 'free' })).status).toBe(200);
    expect((await get('/status/404')).status).toBe(404);
  });

  test('a host that no gateway lets in is not found', async () => {
    expect((await get('/', { host: 'nowhere.example.com' })).status).toBe(404);
  });

  test('a client inside the mesh reaches the Service by its name', async () => {
    const { status, body } = await request(new URL(sandbox.meshUrl), { host: 'web.shop' });
    expect([status, body]).toEqual([200, expect.stringContaining('"service":"web-v')]);
  });
});

describe('under load', () => {
  test('Prometheus counts what the clients counted, at the weights of the routes', async () => {
    const load = sandbox.startLoad({
      authority: 'web',
      caller: sidecarOf('loader', 'shop'),
      requestsPerSecond: 400,
      users: [{ share: 1, headers: { 'x-plan': 'free' } }],
    });
    const requests = () => load.counts().reduce((sum, version) => sum + version.requests, 0);
    await vi.waitFor(() => expect(requests()).toBeGreaterThan(1500), 20_000);
    load.setRate(0);
    await vi.waitFor(async () => {
      const seen = await promQL(
        'sum by (destination_workload) (istio_requests_total{reporter="destination",source_workload="loader"})',
      );
      const counted = load.counts().map(({ workload, requests }) => [workload, requests]);
      expect([...seen].sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(counted);
    }, 20_000);
    const all = requests();
    const v2 = countOf(load, 'web-v2');
    // Two-sided 99.9 % of a binomial; the seed of the sandbox makes it the same every time.
    expect(Math.abs(v2 - all * 0.2)).toBeLessThan(3.2905 * Math.sqrt(all * 0.2 * 0.8));
    expect(load.counts().every(({ failed }) => failed === 0)).toBe(true);
  });

  test('new weights are obeyed, and no request is lost on the way', async () => {
    const load = sandbox.startLoad({
      authority: 'web',
      caller: sidecarOf('loader', 'shop'),
      requestsPerSecond: 200,
    });
    const virtualService = sandbox.state.get(VIRTUAL_SERVICES, 'shop', 'web');
    if (virtualService === undefined) throw new Error('the VirtualService is gone');
    const next = structuredClone(virtualService);
    const routes = next.spec?.['http'] as { route: { weight?: number }[] }[];
    for (const [index, weight] of [0, 100].entries()) routes[1]!.route[index]!.weight = weight;
    sandbox.state.replace(VIRTUAL_SERVICES, next);
    await sandbox.mesh.settled();
    const before = countOf(load, 'web-v1');
    load.reset();
    await vi.waitFor(() => expect(countOf(load, 'web-v2')).toBeGreaterThan(200), 10_000);
    load.stop();
    // What was under way at the moment of the change may still have come back.
    expect(countOf(load, 'web-v1')).toBeLessThan(10);
    expect(before).toBeGreaterThan(0);
    expect(load.counts().reduce((sum, { failed }) => sum + failed, 0)).toBe(0);
  });
});

function countOf(load: Load, workload: string): number {
  return load.counts().find((count) => count.workload === workload)?.requests ?? 0;
}

describe('the rest of the sandbox', () => {
  test('serves the Kubernetes API, with the kinds of Linnet and Istio', async () => {
    const { resources } = (await (
      await fetch(`${sandbox.url}/apis/linnet.dev/v1beta1`)
    ).json()) as { resources: { name: string }[] };
    expect(resources.map(({ name }) => name)).toContain('canaries');
    for (const version of ['v1', 'v1beta1', 'v1alpha3']) {
      const at = `/apis/networking.istio.io/${version}/namespaces/shop/virtualservices/web`;
      const object = (await (await fetch(sandbox.url + at)).json()) as KubeObject;
      expect([object.apiVersion, object.metadata.name]).toEqual([
        `networking.istio.io/${version}`,
        'web',
      ]);
    }
  });

  test('has a Redis', async () => {
    const client = new Redis({ path: sandbox.redisSocket, lazyConnect: true });
    expect(await client.ping()).toBe('PONG');
    client.disconnect();
  });

  test("knows istiod's convergence time", async () => {
    const converged = await promQL('pilot_proxy_convergence_time_count');
    expect([...converged.values()][0]).toBeGreaterThan(0);
  });

  test('reports what cannot be obeyed', async () => {
    const spec = { hosts: ['x'], http: [{ match: [{ uri: { regex: '(' } }], route: [] }] };
    const metadata = { name: 'broken', namespace: 'shop' };
    sandbox.state.create(VIRTUAL_SERVICES, { metadata, spec });
    await sandbox.mesh.settled();
    expect(problems).toContainEqual(expect.stringMatching(/^VirtualService shop\/broken: /));
    sandbox.state.delete(VIRTUAL_SERVICES, 'shop', 'broken');
  });
});

describe('when it ends', () => {
  test('by itself, no process and no file is left', async () => {
    const other = await startSandbox();
    const client = other.startLoad({ authority: 'web', requestsPerSecond: 10 });
    await other.stop();
    await other.stop();
    expect(client.counts().every(({ workload }) => workload === '-')).toBe(true);
    for (const file of [other.kubeconfig, other.redisSocket]) {
      expect(existsSync(path.dirname(file))).toBe(false);
    }
    for (const url of [other.url, other.prometheusUrl, other.gatewayUrl, other.meshUrl]) {
      await expect(fetch(url)).rejects.toThrow('fetch failed');
    }
  });

  test('by kill -9, no process and no file is left either', async () => {
    const module = path.resolve('src/sandbox/sandbox.ts');
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    parent.stdin.end(`
      const { startSandbox } = await import(${JSON.stringify(module)});
      const { kubeconfig, redisSocket, prometheusUrl } = await startSandbox();
      console.log(JSON.stringify({ kubeconfig, redisSocket, prometheusUrl }));
    `);
    const line = await new Promise<string>((resolve) =>
      createInterface(parent.stdout).once('line', resolve),
    );
    const seen = JSON.parse(line) as Record<'kubeconfig' | 'redisSocket' | 'prometheusUrl', string>;
    expect(existsSync(seen.kubeconfig)).toBe(true);
    expect((await fetch(`${seen.prometheusUrl}/-/ready`)).status).toBe(200);

    parent.kill('SIGKILL');

    await vi.waitFor(() => {
      expect(existsSync(path.dirname(seen.kubeconfig))).toBe(false);
      expect(existsSync(path.dirname(seen.redisSocket))).toBe(false);
    }, 10_000);
    await vi.waitFor(
      () => expect(fetch(seen.prometheusUrl)).rejects.toThrow('fetch failed'),
      10_000,
    );
  });
});
