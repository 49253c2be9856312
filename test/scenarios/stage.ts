import type { RawApi } from '../cluster/kube/api-client.ts';
import type { AuditEntry } from '../cluster/kube/audit-log.ts';
import type { CommandInput, CommandOutcome } from '../cluster/kube/kubectl.ts';
import type { LinnetProcess, Program } from '../controller/linnet-process.ts';

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

export interface LinnetOptions {
  /** One more replica of this one, or its successor: the same account, in the same namespace. */
  readonly replicaOf?: Linnet;
  /** Watch this namespace only, with rights in it only. */
  readonly namespace?: string;
  /** Values of the chart, such as `a.b=c`, where its rights are installed. */
  readonly chart?: readonly string[];
  /** As on the command line, without dashes. */
  readonly flags?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Another way to the API server: answers the kubeconfig to use instead of that of its account. */
  readonly through?: (kubeconfig: string) => Promise<string>;
  readonly program?: Program;
}

export interface Linnet extends LinnetProcess {
  /** The user that the API server knows it by; undefined where it asks for nobody's name. */
  readonly user: string | undefined;
  /** What it reaches the API server by. */
  readonly kubeconfig: string;
  readonly namespace: string | undefined;
}
