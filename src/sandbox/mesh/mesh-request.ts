/** A request as a proxy of the mesh sees it. */
export interface MeshRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** The Host header, perhaps with a port. */
  readonly authority: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Aborted when the client goes away. */
  readonly signal?: AbortSignal;
}

export interface MeshResponse {
  /** 0: the client went away before there was one. Of gRPC it is 200 whatever came of it. */
  readonly status: number;
  /** Of gRPC only. */
  readonly grpcStatus?: number;
  readonly headers: readonly Header[];
  readonly body: string;
  /** Envoy's response flags: `-`, or a comma list such as `URX,UF`. */
  readonly flags: string;
  /** The pod that got the request last, if one was chosen. */
  readonly servedBy: ServedBy | undefined;
}

export type Header = readonly [name: string, value: string];

export interface ServedBy {
  readonly namespace: string;
  readonly workload: string;
  readonly version: string;
  readonly pod: string;
}

/** Who sends a request, and through which proxy. */
export interface Caller {
  readonly proxy: 'gateway' | 'sidecar';
  readonly namespace: string;
  readonly workload: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
}

/** Istio's ingress gateway: what comes from outside the mesh. */
export const INGRESS_GATEWAY: Caller = {
  proxy: 'gateway',
  namespace: 'istio-system',
  workload: 'istio-ingressgateway',
  labels: { app: 'istio-ingressgateway', istio: 'ingressgateway' },
  serviceAccount: 'istio-ingressgateway-service-account',
};

/** A workload inside the mesh. */
export function sidecarOf(workload: string, namespace: string): Caller {
  const labels = { app: workload };
  return { proxy: 'sidecar', namespace, workload, labels, serviceAccount: workload };
}
