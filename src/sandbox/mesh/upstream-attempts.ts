import { setTimeout as delay } from 'node:timers/promises';
import type { Behaviour } from '../workloads/behaviour.ts';
import type { Pod } from '../workloads/resources.ts';
import { hasSidecar } from '../workloads/sidecar.ts';
import { isGrpc } from './grpc-status.ts';
import type { IstioMetrics } from './istio-metrics.ts';
import { durationMs, type HttpRoute } from './istio-resources.ts';
import type { LivePods } from './live-pods.ts';
import type { Caller, MeshRequest } from './mesh-request.ts';
import type { Random } from './random.ts';
import { retryPolicy, type AttemptEnd } from './retry-policy.ts';
import type { Upstream, UpstreamCluster } from './service-registry.ts';
import { answer, type AppResponse } from './simulated-app.ts';

export interface AttemptContext {
  readonly pods: Pick<LivePods, 'at'>;
  /** Undefined for a pod whose containers have not started. */
  readonly behaviourOf: (pod: Pod) => Behaviour | undefined;
  readonly metrics: IstioMetrics;
  readonly random: Random;
}

export interface Exchange {
  readonly request: MeshRequest;
  readonly caller: Caller;
  readonly cluster: UpstreamCluster;
  readonly route: HttpRoute;
}

/** What came of a request to a cluster, after all attempts. */
export interface Reached extends AppResponse {
  readonly flags: string;
  /** The pod of the last attempt. */
  readonly pod: Pod | undefined;
}

/** Sends the request to a ready endpoint, and to others as the retry policy says. */
export async function reach(context: AttemptContext, exchange: Exchange): Promise<Reached> {
  const { route, cluster } = exchange;
  const policy = retryPolicy(route);
  const deadline = performance.now() + (durationMs(route.timeout) || Infinity);
  const tried = new Set<Upstream>();
  for (let retries = 0; ; retries += 1) {
    const upstream = choose(cluster.upstreams, tried, context.random);
    if (upstream === undefined) return local(503, 'no healthy upstream', 'UH');
    tried.add(upstream);
    const limitMs = Math.min(policy.perTryMs, deadline - performance.now());
    const attempt = await send(context, exchange, upstream, limitMs);
    const isOver = attempt.cause === 'cancelled' || performance.now() >= deadline;
    if (isOver || !policy.retries(attempt)) return ended(attempt);
    if (retries >= policy.attempts) return ended(attempt, retries > 0 ? ['URX'] : []);
    await delay(context.random() * BACKOFF_MS * 2 ** retries);
  }
}

const BACKOFF_MS = 25;

/** One of those that have not been tried, as long as there are any. */
function choose(
  upstreams: readonly Upstream[],
  tried: ReadonlySet<Upstream>,
  random: Random,
): Upstream | undefined {
  const fresh = upstreams.filter((upstream) => !tried.has(upstream));
  const candidates = fresh.length > 0 ? fresh : upstreams;
  return candidates[Math.floor(random() * candidates.length)];
}

interface Attempt extends AttemptEnd, AppResponse {
  readonly pod: Pod;
}

async function send(
  context: AttemptContext,
  exchange: Exchange,
  upstream: Upstream,
  limitMs: number,
): Promise<Attempt> {
  const { pods, random } = context;
  const pod = pods.at(upstream.ip);
  const behaviour = pod && context.behaviourOf(pod);
  if (behaviour === undefined || pod?.metadata.uid !== upstream.pod.metadata.uid) {
    return cut(upstream.pod, 503, 'connect-failure');
  }
  const started = performance.now();
  const report = (status: number, flags: string) =>
    reportArrival(context, exchange, pod, { status, flags, started });
  const patience = new Patience(exchange.request.signal, limitMs);
  try {
    const response = await answer(pod, behaviour, exchange.request, random, patience.signal);
    // A pod that is gone by now took its connections along, and its counters.
    if (pods.at(upstream.ip) === undefined) return cut(pod, 503, 'reset');
    report(response.status, '-');
    return { ...response, cause: 'answered', pod };
  } catch (error) {
    if (!(error instanceof Error && error.name === 'AbortError')) throw error;
    // The pod sees only that its client went away.
    report(0, 'DC');
    const isCancelled = exchange.request.signal?.aborted === true;
    return isCancelled ? cut(pod, 0, 'cancelled') : cut(pod, 504, 'timeout');
  } finally {
    patience.end();
  }
}

/** Ends when the client goes away, or after the limit. */
class Patience {
  readonly #ended = new AbortController();
  readonly #client: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #lose = () => this.#ended.abort();

  constructor(client: AbortSignal | undefined, limitMs: number) {
    this.#client = client;
    if (client?.aborted === true) this.#lose();
    client?.addEventListener('abort', this.#lose);
    if (Number.isFinite(limitMs)) this.#timer = setTimeout(this.#lose, Math.max(0, limitMs));
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#client?.removeEventListener('abort', this.#lose);
  }
}

interface Arrival {
  readonly status: number;
  readonly flags: string;
  readonly started: number;
}

/** Counted by the pod's own sidecar, if it has one. */
function reportArrival(
  { metrics }: AttemptContext,
  { request, caller, cluster }: Exchange,
  pod: Pod,
  { status, flags, started }: Arrival,
): void {
  if (!hasSidecar(pod)) return;
  const protocol = isGrpc(request) ? 'grpc' : 'http';
  const durationMs = performance.now() - started;
  const seen = { reporter: 'destination', protocol, status, flags, durationMs } as const;
  metrics.count({ ...seen, caller, pod, destination: cluster });
}

const WORDS: Readonly<Record<AttemptEnd['cause'], string>> = {
  answered: '',
  'connect-failure': 'upstream connect error or disconnect/reset before headers',
  reset: 'upstream connect error or disconnect/reset before headers',
  timeout: 'upstream request timeout',
  cancelled: '',
};

const FLAGS: Readonly<Record<AttemptEnd['cause'], string | undefined>> = {
  answered: undefined,
  'connect-failure': 'UF',
  reset: 'UC',
  timeout: 'UT',
  cancelled: 'DC',
};

function cut(pod: Pod, status: number, cause: AttemptEnd['cause']): Attempt {
  return { status, headers: [], body: WORDS[cause], cause, pod };
}

function ended({ cause, ...attempt }: Attempt, before: readonly string[] = []): Reached {
  const flags = [...before, FLAGS[cause]].filter((flag) => flag !== undefined);
  return { ...attempt, flags: flags.join(',') || '-' };
}

/** What the proxy answers by itself. */
export function local(status: number, body: string, flags: string): Reached {
  return { status, headers: [], body, flags, pod: undefined };
}
