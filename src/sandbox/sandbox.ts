import path from 'node:path';
import { startRedis } from '../processes/redis.ts';
import type { Ending } from '../processes/held-process.ts';
import type { ClusterState } from './apiserver/cluster-state.ts';
import type { Faults } from './apiserver/faults.ts';
import { startApiServer } from './apiserver/server.ts';
import { furnish } from './furnishing.ts';
import { Load, type LoadOptions } from './load.ts';
import { startMesh, type Mesh } from './mesh/mesh.ts';
import { findProgram } from './programs.ts';
import { startPrometheus } from './prometheus.ts';

import { holdScratchFolder } from './scratch-folder.ts';
import type { Pod } from './workloads/resources.ts';
import { startWorkloads } from './workloads/workloads.ts';

export interface SandboxOptions {
  /** Decides all that is random in the mesh. Default 1. */
  readonly seed?: number;
  /** Milliseconds between two scrapes by Prometheus. Default 1000. */
  readonly scrapeIntervalMs?: number;
  /** Milliseconds from a change of a pod or Service to its endpoints. Default 100. */
  readonly endpointDelayMs?: number;
  /** How long a deleted pod goes on serving, in milliseconds. Default 300. */
  readonly terminationMs?: number;
  /** Milliseconds from istiod's push to proxies that obey it. Default 50. */
  readonly pushMs?: number;
  /** Ports; 0, the default, takes a free one. */
  readonly apiPort?: number;
  readonly gatewayPort?: number;
  /** More for Prometheus to scrape, such as a controller: `host:port` each. */
  readonly scrapeTargets?: Readonly<Record<string, readonly string[]>>;
  /** Without Prometheus its URL is empty. Default true. */
  readonly prometheus?: boolean;
  /** Without Redis its socket is empty. Default true. */
  readonly redis?: boolean;
  /** Lines for people while something takes time. */
  readonly onProgress?: (line: string) => void;
  /** Told what in the cluster cannot be obeyed, such as a VirtualService that makes no sense. */
  readonly onProblem?: (line: string) => void;
}

export interface Sandbox {
  /** Of the Kubernetes API. */
  readonly url: string;
  /** Path of a kubeconfig for it. */
  readonly kubeconfig: string;
  /** The cluster in process, and its bad weather. */
  readonly state: ClusterState;
  readonly faults: Faults;
  readonly prometheusUrl: string;
  /** Path of the unix socket of Redis. */
  readonly redisSocket: string;
  readonly gatewayUrl: string;
  readonly meshUrl: string;
  readonly mesh: Mesh;
  /** Starts to send requests; ends with the sandbox, or earlier when it is stopped. */
  startLoad(options: LoadOptions): Load;
  /** Leaves no process and no file. May be called again. */
  stop(): Promise<void>;
}

/**
 * A mesh on this machine: a Kubernetes API server with Linnet's and Istio's kinds, workloads,
 * gateway, Prometheus and Redis. Nothing of it outlives this process.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const endings = new Endings();
  try {
    return await start(options, endings);
  } catch (error) {
    await endings.run();
    throw error;
  }
}

async function start(options: SandboxOptions, endings: Endings): Promise<Sandbox> {
  const { onProblem = () => {}, onProgress = () => {} } = options;
  const folder = await holdScratchFolder('sandbox');
  endings.add(() => folder.stop());
  const api = await startApiServer(given({ port: options.apiPort }));
  endings.add(() => api.stop());
  await furnish(api.state);
  const kubeconfig = path.join(folder.path, 'kubeconfig');
  await api.writeKubeconfig(kubeconfig);
  const workloads = startWorkloads(api.state, workloadOptions(options, onProblem));
  endings.add(() => workloads.stop());
  const behaviourOf = (pod: Pod) => workloads.behaviourOf(pod);
  const mesh = await startMesh(api.state, { behaviourOf, ...meshOptions(options, onProblem) });
  endings.add(() => mesh.stop());
  const told = { onProgress, onProblem };
  const servers = [
    prometheusFor(mesh, options, endings, told),
    redisFor(options, endings, told),
  ] as const;
  // Both have started or failed before anything is undone.
  await Promise.allSettled(servers);
  const [prometheusUrl, redisSocket] = await Promise.all(servers);
  return {
    url: api.url,
    kubeconfig,
    state: api.state,
    faults: api.faults,
    prometheusUrl,
    redisSocket,
    gatewayUrl: mesh.gatewayUrl,
    meshUrl: mesh.meshUrl,
    mesh,
    startLoad: (of) => {
      const load = new Load((...request) => mesh.send(...request), of);
      endings.add(() => load.stop());
      return load;
    },
    stop: () => endings.run(),
  };
}

/** What has to be undone, the latest first, and each once. */
class Endings {
  readonly #steps: (() => void | Promise<void>)[] = [];
  #running: Promise<void> | undefined;

  add(step: () => void | Promise<void>): void {
    this.#steps.push(step);
  }

  run(): Promise<void> {
    this.#running ??= this.#runAll();
    return this.#running;
  }

  /** One that fails does not keep the others from their work. */
  async #runAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

function workloadOptions(options: SandboxOptions, onProblem: (line: string) => void) {
  const report = (error: unknown, key: string) => onProblem(`${key}: ${messageOf(error)}`);
  const { endpointDelayMs, terminationMs } = options;
  return { report, ...given({ endpointDelayMs, terminationMs }) };
}

function meshOptions(options: SandboxOptions, onProblem: (line: string) => void) {
  const { seed, pushMs, gatewayPort: port } = options;
  return {
    refuse: ({ metadata }: { metadata: { name: string; namespace?: string } }, error: unknown) =>
      onProblem(`VirtualService ${metadata.namespace}/${metadata.name}: ${messageOf(error)}`),
    ...given({ seed, pushMs, port }),
  };
}

type Told = Required<Pick<SandboxOptions, 'onProgress' | 'onProblem'>>;

async function prometheusFor(
  mesh: Mesh,
  options: SandboxOptions,
  endings: Endings,
  { onProgress, onProblem }: Told,
): Promise<string> {
  if (options.prometheus === false) return '';
  const program = await findProgram('prometheus', { onProgress });
  const jobs = { istio: [mesh.metricsAddress], ...options.scrapeTargets };
  const { scrapeIntervalMs } = options;
  const server = await startPrometheus({ program, jobs, ...given({ scrapeIntervalMs }) });
  endings.add(() => server.stop());
  reportUnexpectedEnd('Prometheus', server.ended, onProblem);
  return server.url;
}

async function redisFor(
  options: SandboxOptions,
  endings: Endings,
  { onProgress, onProblem }: Told,
): Promise<string> {
  if (options.redis === false) return '';
  const server = await startRedis(await findProgram('redis-server', { onProgress }));
  endings.add(() => server.stop());
  reportUnexpectedEnd('Redis', server.ended, onProblem);
  return server.socket;
}

function reportUnexpectedEnd(name: string, ended: Promise<Ending>, report: (line: string) => void) {
  void ended.then(({ expected, code, output }) => {
    if (!expected) report(`${name} ended with code ${code}: ${output.trim()}`);
    return undefined;
  });
}

type Given<T> = { [K in keyof T]?: NonNullable<T[K]> };

/** Without the fields that are undefined, so that defaults apply. */
function given<T extends object>(fields: T): Given<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Given<T>;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
