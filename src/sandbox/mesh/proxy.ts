import { setTimeout as delay } from 'node:timers/promises';
import { grpcStatusOf, isGrpc } from './grpc-status.ts';
import { splitAuthority } from './host-names.ts';
import type { RequestReport } from './istio-metrics.ts';
import {
  durationMs,
  type Destination,
  type Fault,
  type HttpRoute,
  type Mirror,
} from './istio-resources.ts';
import type { Caller, Header, MeshRequest, MeshResponse } from './mesh-request.ts';
import { podIdentity } from './pod-identity.ts';
import { pickWeighted, type Random } from './random.ts';
import { applied, redirection, rewritten, withRequestHeaders } from './rewriting.ts';
import type { Route, RouteTable } from './route-table.ts';
import type { ServiceRegistry, UpstreamCluster } from './service-registry.ts';
import { local, reach, type AttemptContext, type Reached } from './upstream-attempts.ts';

/** What the proxies have been told of the mesh, as of one push. */
export interface MeshSnapshot {
  readonly routes: RouteTable;
  readonly registry: ServiceRegistry;
}

/** Plays every proxy of the mesh: carries a request as the configuration it was pushed says. */
export class Proxy {
  readonly #context: AttemptContext;
  readonly #snapshot: () => MeshSnapshot;

  constructor(context: AttemptContext, snapshot: () => MeshSnapshot) {
    this.#context = context;
    this.#snapshot = snapshot;
  }

  async handle(request: MeshRequest, caller: Caller): Promise<MeshResponse> {
    const started = performance.now();
    const { response, destination } = await this.#carry(request, caller);
    const { pod, status, flags } = response;
    const durationMs = performance.now() - started;
    const protocol = isGrpc(request) ? 'grpc' : 'http';
    const seen = { reporter: 'source', protocol, status, flags, durationMs } as const;
    this.#context.metrics.count({ ...seen, caller, pod, destination });
    const answer = toClient(response, durationMs);
    return protocol === 'grpc' && status !== 0 ? asGrpc(answer) : answer;
  }

  async #carry(request: MeshRequest, caller: Caller): Promise<Carried> {
    const { routes, registry } = this.#snapshot();
    const destination = unknownDestination(request, caller);
    const route = routes.find(request, caller);
    if (route === undefined) return { response: local(404, '', 'NR'), destination };
    const response = readyAnswer(request, route.spec);
    if (response !== undefined) return { response, destination };
    const port = splitAuthority(request.authority).port ?? 80;
    const sent = rewritten(request, route);
    return this.#forward({ request: sent, port, caller, route, registry }, destination);
  }

  async #forward(
    { request, port, caller, route, registry }: Forwarding,
    nowhere: RequestReport['destination'],
  ): Promise<Carried> {
    const { random } = this.#context;
    const { spec } = route;
    const clusterOf = (destination: Destination) =>
      registry.cluster(destination, route.namespace, port);
    const chosen = pickWeighted(spec.route ?? [], ({ weight = 0 }) => weight, random);
    const cluster = chosen === undefined ? undefined : clusterOf(chosen.destination);
    const destination = cluster ?? nowhere;
    const abort = await injectFault(spec.fault, random);
    if (abort !== undefined) return { response: abort, destination };
    for (const mirror of mirrorsOf(spec)) {
      const target = isChosen(mirror, random) ? clusterOf(mirror.destination) : undefined;
      if (target !== undefined) this.#mirror(request, caller, target);
    }
    if (cluster === undefined) return { response: local(503, '', 'NC'), destination };
    const operations = [spec.headers, chosen?.headers];
    const changed = withRequestHeaders(
      request,
      operations.map((one) => one?.request),
    );
    const exchange = { request: changed, caller, cluster, route: spec };
    const response = await reach(this.#context, exchange);
    const back = operations.map((one) => one?.response).reverse();
    return { response: { ...response, headers: applied(response.headers, back) }, destination };
  }

  /** The copy's answer is thrown away; only the sidecar of the pod that gets it counts it. */
  #mirror(request: MeshRequest, caller: Caller, cluster: UpstreamCluster): void {
    const { signal: _, ...copy } = request;
    const route = { retries: { attempts: 0 } };
    reach(this.#context, { request: copy, caller, cluster, route }).catch(() => {});
  }
}

interface Forwarding {
  readonly request: MeshRequest;
  /** That the client asked for. */
  readonly port: number;
  readonly caller: Caller;
  readonly route: Route;
  readonly registry: ServiceRegistry;
}

interface Carried {
  readonly response: Reached;
  readonly destination: RequestReport['destination'];
}

/** A request that found no Service is counted under the name that was asked for, if at all. */
function unknownDestination({ authority }: MeshRequest, caller: Caller) {
  const host = caller.proxy === 'gateway' ? 'unknown' : splitAuthority(authority).host;
  return { host, service: host, namespace: 'unknown' };
}

function readyAnswer(request: MeshRequest, { redirect, directResponse }: HttpRoute) {
  if (redirect !== undefined) {
    const { status, location } = redirection(request, redirect);
    return { ...local(status, '', '-'), headers: [['location', location]] as const };
  }
  if (directResponse === undefined) return undefined;
  const { status, body = {} } = directResponse;
  const text = body.string ?? Buffer.from(body.bytes ?? '', 'base64').toString();
  return local(status, text, '-');
}

/** Waits as the fault says; answers when it aborts the request. */
async function injectFault(fault: Fault | undefined, random: Random): Promise<Reached | undefined> {
  const { delay: pause, abort } = fault ?? {};
  if (pause !== undefined && isChosen(pause, random))
    await delay(durationMs(pause.fixedDelay) ?? 0);
  if (abort?.httpStatus === undefined || !isChosen(abort, random)) return undefined;
  return local(abort.httpStatus, 'fault filter abort', 'FI');
}

/** Without a percentage: always. */
function isChosen({ percentage }: { percentage?: { value?: number } }, random: Random): boolean {
  return percentage === undefined || random() * 100 < (percentage.value ?? 0);
}

function mirrorsOf({ mirror, mirrorPercentage, mirrors = [] }: HttpRoute): Mirror[] {
  if (mirror === undefined) return mirrors;
  const percentage = mirrorPercentage === undefined ? {} : { percentage: mirrorPercentage };
  return [{ destination: mirror, ...percentage }, ...mirrors];
}

function toClient(
  { status, headers, body, flags, pod }: Reached,
  durationMs: number,
): MeshResponse {
  const own: Header[] = [['server', 'istio-envoy']];
  const isAnswered = pod !== undefined && flags === '-';
  if (isAnswered) own.push(['x-envoy-upstream-service-time', String(Math.round(durationMs))]);
  return {
    status,
    headers: [...headers, ...own],
    body,
    flags,
    servedBy: pod === undefined ? undefined : servedBy(pod),
  };
}

function asGrpc(answer: MeshResponse): MeshResponse {
  const grpcStatus = grpcStatusOf(answer.status);
  const headers: Header[] = [...answer.headers, ['grpc-status', String(grpcStatus)]];
  return { ...answer, status: 200, grpcStatus, headers };
}

function servedBy(pod: NonNullable<Reached['pod']>) {
  const { namespace, workload, version } = podIdentity(pod);
  return { namespace, workload, version, pod: pod.metadata.name };
}
