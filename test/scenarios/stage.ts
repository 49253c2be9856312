import type { RawApi } from '../cluster/kube/api-client.ts';
import type { AuditEntry } from '../cluster/kube/audit-log.ts';
import type { CommandInput, CommandOutcome } from '../cluster/kube/kubectl.ts';
import type { Linnet, LinnetOptions } from '../controller/linnet.ts';

/** An API server with Istio's and Linnet's kinds, workloads, requests and a Prometheus: what a rollout needs. */
export interface Stage {
  /** As an administrator. */
  readonly api: RawApi;
  /** The same for programs that read a kubeconfig. */
  readonly kubeconfig: string;
  /** Of a real Prometheus that scrapes the mesh every second. */
  readonly prometheusUrl: string;
  /** Makes a namespace that no other test uses and returns its name. */
  newNamespace(label: string): Promise<string>;
  /** Sends requests to a Service from inside the mesh, until that is stopped. */
  sendRequests(to: Requests): { stop(): void };
  /** Starts the controller as a process of its own, as the account that it has in a cluster. */
  startLinnet(options?: LinnetOptions): Promise<Linnet>;
  /** Absent where kubectl is not to be had. */
  readonly kubectl?: (args: string[], input?: CommandInput) => Promise<CommandOutcome>;
  /** The API server's own log; absent where it keeps none. */
  readonly audit?: () => readonly AuditEntry[];
  close(): Promise<void>;
}

export interface Requests {
  readonly namespace: string;
  readonly service: string;
  /** Of the Service; 80 without one. */
  readonly port?: number;
  readonly requestsPerSecond: number;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}
