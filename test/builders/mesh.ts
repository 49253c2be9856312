import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/sandbox/apiserver/cluster-state.ts';
import { IstioMetrics } from '../../src/sandbox/mesh/istio-metrics.ts';
import type {
  DestinationRule,
  Gateway,
  VirtualService,
} from '../../src/sandbox/mesh/istio-resources.ts';
import {
  INGRESS_GATEWAY,
  sidecarOf,
  type MeshRequest,
  type MeshResponse,
} from '../../src/sandbox/mesh/mesh-request.ts';
import { Proxy } from '../../src/sandbox/mesh/proxy.ts';
import { seededRandom } from '../../src/sandbox/mesh/random.ts';
import { RouteTable } from '../../src/sandbox/mesh/route-table.ts';
import { ServiceRegistry } from '../../src/sandbox/mesh/service-registry.ts';
import { behaviourOf } from '../../src/sandbox/workloads/behaviour.ts';
import { desiredSlices } from '../../src/sandbox/workloads/endpoint-slices.ts';
import type { EndpointSlice, Pod, Service } from '../../src/sandbox/workloads/resources.ts';

/** A pod as a test describes it. */
export interface PodSketch {
  name: string;
  labels: Record<string, string>;
  annotations?: Record<string, string>;
  ready?: boolean;
  /** Whether somebody still answers at its address. */
  alive?: boolean;
  sidecar?: boolean;
}

export interface MeshUnderTest {
  /** From a client in the namespace `shop`, unless `from` is the ingress gateway. */
  send(request: Partial<MeshRequest> & { from?: 'gateway' }): Promise<MeshResponse>;
  metrics: IstioMetrics;
  /** VirtualServices that are not obeyed, and why. */
  refused: string[];
}

/** Proxies that obey the given objects (YAML, in the namespace `shop`) in front of the pods. */
export function meshUnderTest(yaml: string, sketches: PodSketch[], seed = 1): MeshUnderTest {
  const objects = parseAllDocuments(yaml)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null)
    .map(complete);
  const ofKind = <T extends KubeObject>(kind: string) =>
    objects.filter((o) => o.kind === kind) as T[];
  const pods = sketches.map(podFrom);
  const services = ofKind<Service>('Service');
  const refused: string[] = [];
  const registry = new ServiceRegistry({
    services,
    slices: services.flatMap((service) => slicesOf(service, pods)),
    pods,
    rules: ofKind<DestinationRule>('DestinationRule'),
  });
  const routes = new RouteTable({
    virtualServices: ofKind<VirtualService>('VirtualService'),
    gateways: ofKind<Gateway>('Gateway'),
    registry,
    refuse: ({ metadata }, error) => refused.push(`${metadata.name}: ${(error as Error).message}`),
  });
  const alive = pods.filter((_, index) => sketches[index]?.alive !== false);
  const live = { at: (ip: string) => alive.find((pod) => pod.status?.podIP === ip) };
  const metrics = new IstioMetrics();
  const behaviours = new Map(
    pods.map((pod) => [pod, behaviourOf(pod.metadata.annotations ?? {}, {})]),
  );
  const context = {
    pods: live,
    behaviourOf: (pod: Pod) => behaviours.get(pod),
    metrics,
    random: seededRandom(seed),
  };
  const proxy = new Proxy(context, () => ({ routes, registry }));
  return {
    metrics,
    refused,
    send: ({ from, ...request }) =>
      proxy.handle(
        { method: 'GET', path: '/', authority: 'web', headers: {}, ...request },
        from === 'gateway' ? INGRESS_GATEWAY : sidecarOf('caller', 'shop'),
      ),
  };
}

/** One pod of each of two versions. */
export const PODS: PodSketch[] = [
  { name: 'web-v1', labels: { app: 'web', version: 'v1' } },
  { name: 'web-v2', labels: { app: 'web', version: 'v2' } },
];

/** Their Service, with subsets of which the third has no pods. */
export const SERVICE = `
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: http }] }
---
kind: DestinationRule
metadata: { name: web }
spec:
  host: web
  subsets:
    - { name: v1, labels: { version: v1 } }
    - { name: v2, labels: { version: v2 } }
    - { name: v3, labels: { version: v3 } }
---
`;

/** They behind a VirtualService with the given routes. */
export function mesh(http: string, pods = PODS): MeshUnderTest {
  const indented = http.trim().replaceAll(/^/gm, '    ');
  return meshUnderTest(
    `${SERVICE}
kind: VirtualService
metadata: { name: web }
spec:
  hosts: [web]
  http:
${indented}
`,
    pods,
  );
}

export const TO_V1 = '- route: [{ destination: { host: web, subset: v1 } }]';

/** Status, flags and pod of a request. */
export async function outcome(under: MeshUnderTest, request: Partial<MeshRequest> = {}) {
  const { status, flags, servedBy } = await under.send(request);
  return [status, flags, servedBy?.pod];
}

/** Requests counted in series whose labels match. */
export async function count(under: MeshUnderTest, labels: string): Promise<number> {
  const pattern = new RegExp(`^istio_requests_total\\{.*${labels}.*\\} (\\d+)$`);
  const lines = (await under.metrics.text()).split('\n');
  return lines.reduce((sum, line) => sum + Number(pattern.exec(line)?.[1] ?? 0), 0);
}

function complete(object: KubeObject): KubeObject {
  const metadata = { namespace: 'shop', creationTimestamp: '2026-01-01T00:00:00Z' };
  return { ...object, metadata: { ...metadata, ...object.metadata } };
}

function podFrom(sketch: PodSketch, index: number): Pod {
  const { name, labels, ready = true, sidecar = true } = sketch;
  const annotations = { 'sandbox.linnet.dev/latency': '0ms', ...sketch.annotations };
  return complete({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '', labels, annotations },
    spec: {
      containers: [{ name: 'app', ports: [{ name: 'http', containerPort: 8080 }] }],
      initContainers: sidecar ? [{ name: 'istio-proxy' }] : [],
    },
    status: {
      podIP: `10.244.1.${index + 1}`,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  }) as Pod;
}

function slicesOf(service: Service, pods: Pod[]): EndpointSlice[] {
  const { name } = service.metadata;
  return desiredSlices(service, pods).map(({ ports, endpoints }) => {
    const labels = { 'kubernetes.io/service-name': name };
    const metadata = { name, labels } as unknown as EndpointSlice['metadata'];
    const object = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata };
    const content = { addressType: 'IPv4', ports: [...ports], endpoints: [...endpoints] };
    return complete({ ...object, ...content }) as EndpointSlice;
  });
}
