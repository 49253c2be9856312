import { Counter, Histogram, Registry } from 'prom-client';
import { grpcStatusOf } from './grpc-status.ts';
import { labelIdentity, podIdentity } from './pod-identity.ts';
import type { Caller } from './mesh-request.ts';
import type { Pod } from '../workloads/resources.ts';

/** One request as one proxy saw it. */
export interface RequestReport {
  readonly reporter: 'source' | 'destination';
  readonly protocol: 'http' | 'grpc';
  readonly caller: Caller;
  /** Undefined when no pod was chosen. */
  readonly pod: Pod | undefined;
  /** The Service, or for a host that is none, its name alone. */
  readonly destination: {
    readonly host: string;
    readonly service: string;
    readonly namespace: string;
  };
  /** In terms of HTTP, also of gRPC. */
  readonly status: number;
  readonly flags: string;
  readonly durationMs: number;
}

/** The metrics that Istio's proxies and istiod export, as far as progressive delivery reads them. */
export class IstioMetrics {
  readonly #registry = new Registry();
  readonly #requests = new Counter({
    name: 'istio_requests_total',
    help: 'Requests by who called, who answered, and how.',
    labelNames: REQUEST_LABELS,
    registers: [this.#registry],
  });
  readonly #durations = new Histogram({
    name: 'istio_request_duration_milliseconds',
    help: 'Duration of requests in milliseconds.',
    labelNames: REQUEST_LABELS,
    buckets: ISTIO_BUCKETS,
    registers: [this.#registry],
  });
  readonly #convergence = new Histogram({
    name: 'pilot_proxy_convergence_time',
    help: 'Seconds from a change of configuration to proxies that obey it.',
    buckets: [0.1, 0.5, 1, 3, 5, 10, 20, 30],
    registers: [this.#registry],
  });

  count(report: RequestReport): void {
    const labels = labelsOf(report);
    this.#requests.inc(labels);
    this.#durations.observe(labels, report.durationMs);
  }

  converged(seconds: number): void {
    this.#convergence.observe(seconds);
  }

  /** In Prometheus's text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }
}

const ISTIO_BUCKETS = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000,
  1_800_000, 3_600_000,
];

const PARTY_LABELS = [
  'workload',
  'workload_namespace',
  'principal',
  'app',
  'version',
  'canonical_service',
  'canonical_revision',
  'cluster',
] as const;

type PartyLabel = (typeof PARTY_LABELS)[number];
type Labels = Record<string, string>;

const REQUEST_LABELS = [
  'reporter',
  ...PARTY_LABELS.map((label) => `source_${label}`),
  ...PARTY_LABELS.map((label) => `destination_${label}`),
  'destination_service',
  'destination_service_name',
  'destination_service_namespace',
  'request_protocol',
  'response_code',
  'grpc_response_status',
  'response_flags',
  'connection_security_policy',
];

function labelsOf(report: RequestReport): Labels {
  const { reporter, caller, pod, destination, flags } = report;
  return {
    reporter,
    ...party('source', sourceOf(caller)),
    ...party('destination', pod === undefined ? NOBODY : destinationOf(pod, flags)),
    destination_service: destination.host,
    destination_service_name: destination.service,
    destination_service_namespace: destination.namespace,
    ...outcomeLabels(report),
    response_flags: flags,
    connection_security_policy: reporter === 'destination' ? 'mutual_tls' : 'unknown',
  };
}

/** gRPC says in its own status what came of a request, unless there was no answer at all. */
function outcomeLabels({ protocol, status }: RequestReport): Labels {
  const isGrpcAnswer = protocol === 'grpc' && status !== 0;
  return {
    request_protocol: protocol,
    response_code: String(isGrpcAnswer ? 200 : status),
    grpc_response_status: isGrpcAnswer ? String(grpcStatusOf(status)) : '',
  };
}

type Party = Readonly<Record<PartyLabel, string>>;

/** What stands for a destination that was not chosen. */
const NOBODY: Party = {
  workload: 'unknown',
  workload_namespace: 'unknown',
  principal: 'unknown',
  app: 'unknown',
  version: 'unknown',
  canonical_service: 'unknown',
  canonical_revision: 'latest',
  cluster: 'unknown',
};

function sourceOf({ workload, namespace, labels, serviceAccount }: Caller): Party {
  return partyOf({ ...labelIdentity(labels, workload), workload, namespace, serviceAccount });
}

/** Without a connection the pod could not say who it is: only what its endpoint says is known. */
function destinationOf(pod: Pod, flags: string): Party {
  const known = partyOf(podIdentity(pod));
  if (!flags.split(',').includes('UF')) return known;
  return { ...known, principal: 'unknown', app: 'unknown', version: 'unknown' };
}

function partyOf(identity: ReturnType<typeof podIdentity>): Party {
  const { namespace, workload, serviceAccount } = identity;
  return {
    workload,
    workload_namespace: namespace,
    principal: `spiffe://cluster.local/ns/${namespace}/sa/${serviceAccount}`,
    app: identity.app,
    version: identity.version,
    canonical_service: identity.canonicalService,
    canonical_revision: identity.canonicalRevision,
    cluster: 'Kubernetes',
  };
}

function party(side: 'source' | 'destination', labels: Party): Labels {
  return Object.fromEntries(PARTY_LABELS.map((label) => [`${side}_${label}`, labels[label]]));
}
