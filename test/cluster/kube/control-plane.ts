import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { stringify } from 'yaml';
import type { ClusterBinaries } from '../../../scripts/cluster/cluster-binaries.ts';
import { connectApi } from './api-client.ts';
import type { Connection } from './api-client.ts';
import { AUDIT_POLICY } from './audit-log.ts';
import { apiserverFlags, controllerManagerFlags, etcdFlags } from './control-plane-flags.ts';
import type { Flags, ServerFiles } from './control-plane-flags.ts';
import { freePorts } from './free-ports.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { awaitReady, startServer } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';
import { untilList } from './waiting.ts';

const START_TIMEOUT_MS = 120_000;
const POLL_MS = 50;

/** A running API server on an etcd of its own. */
export interface ControlPlane {
  /** As `test:admin`, who may do everything. */
  admin: Connection;
  /** As `test:kubelet`, whose requests the audit log leaves out. */
  kubelet: Connection;
  auditLogFile: string;
  /**
   * Starts kube-controller-manager. Its garbage collector learns the kinds that exist at its start
   * at once and later ones only after half a minute: define custom resources before.
   */
  startControllers(): Promise<void>;
  /** Ends all its processes and waits for their end. */
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** What the API server logs; default `AUDIT_POLICY`. */
  readonly auditPolicy?: object;
  /** More flags of the API server. */
  readonly apiserverFlags?: Flags;
  /** Whether HorizontalPodAutoscalers work; without metrics they keep replicas within bounds. */
  readonly autoscaler?: boolean;
}

/** Starts etcd and kube-apiserver; everything they write goes into `directory`. */
export async function startControlPlane(
  binaries: ClusterBinaries,
  directory: string,
  {
    auditPolicy = AUDIT_POLICY,
    apiserverFlags: more,
    autoscaler = false,
  }: ControlPlaneOptions = {},
): Promise<ControlPlane> {
  const servers: ServerProcess[] = [];
  const start = (name: string, program: string, flags: Record<string, string>) => {
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    const server = startServer(name, program, args, path.join(directory, `${name}.log`));
    servers.push(server);
    return server;
  };
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };

  try {
    const [etcdPort, peerPort, apiPort] = (await freePorts(3)) as [number, number, number];
    const files = await writeServerFiles(directory, auditPolicy);
    const etcdUrl = `http://127.0.0.1:${etcdPort}`;
    const etcd = start('etcd', binaries.etcd, etcdFlags(directory, etcdUrl, peerPort));
    await awaitReady(etcd, START_TIMEOUT_MS, (signal) => untilHealthy(`${etcdUrl}/health`, signal));

    const apiserver = start('kube-apiserver', binaries.kubeApiserver, {
      ...apiserverFlags(directory, etcdUrl, apiPort, files),
      ...more,
    });
    const connect = (token: string): Connection => ({
      url: `https://127.0.0.1:${apiPort}`,
      caFile: path.join(directory, 'apiserver.crt'),
      token,
    });
    const admin = connect(files.tokens.admin);
    await awaitReady(apiserver, START_TIMEOUT_MS, (signal) => untilApiReady(admin, signal));

    return {
      admin,
      kubelet: connect(files.tokens.kubelet),
      auditLogFile: files.auditLog,
      async startControllers() {
        const kubeconfig = path.join(directory, 'kubeconfigs', 'kube-controller-manager.yaml');
        await writeKubeconfig(kubeconfig, connect(files.tokens.controllers));
        const flags = controllerManagerFlags(kubeconfig, autoscaler);
        const manager = start('kube-controller-manager', binaries.kubeControllerManager, flags);
        await awaitReady(manager, START_TIMEOUT_MS, () => untilControllersWork(admin));
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function writeServerFiles(directory: string, auditPolicy: object): Promise<ServerFiles> {
  const file = (name: string) => path.join(directory, name);
  const newToken = () => randomBytes(24).toString('hex');
  const files = {
    tokens: { admin: newToken(), kubelet: newToken(), controllers: newToken() },
    tokenFile: file('tokens.csv'),
    serviceAccountKey: file('service-account.key'),
    auditPolicy: file('audit-policy.yaml'),
    auditLog: file('audit.log'),
  };
  const users = {
    admin: 'test:admin',
    kubelet: 'test:kubelet',
    controllers: 'system:kube-controller-manager',
  };
  const tokenLines = (['admin', 'kubelet', 'controllers'] as const).map(
    (who) => `${files.tokens[who]},${users[who]},${who},"system:masters"\n`,
  );
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  await Promise.all([
    writeFile(files.tokenFile, tokenLines.join(''), { mode: 0o600 }),
    writeFile(files.serviceAccountKey, privateKey, { mode: 0o600 }),
    writeFile(files.auditPolicy, stringify(auditPolicy)),
    writeFile(files.auditLog, '', { mode: 0o600 }),
  ]);
  return files;
}

async function untilApiReady(admin: Connection, signal: AbortSignal): Promise<void> {
  await poll(signal, async () => {
    // Its certificate is written just before it listens, so a client cannot be made earlier.
    const api = connectApi(admin, 'linnet-test');
    const { status } = await api.request('GET', '/readyz');
    await api.close();
    return status === 200;
  });
}

async function untilHealthy(url: string, signal: AbortSignal): Promise<void> {
  await poll(signal, async () => {
    const answer = await request(url);
    await answer.body.dump();
    return answer.statusCode === 200;
  });
}

/** Asks again until the answer is yes; an error is a no, for a server that does not listen yet. */
async function poll(signal: AbortSignal, isReady: () => Promise<boolean>): Promise<void> {
  while (!signal.aborted && !(await isReady().catch(() => false))) await delay(POLL_MS);
}

/** The first trace of working controllers is the ServiceAccount that each namespace gets. */
async function untilControllersWork(admin: Connection): Promise<void> {
  const api = connectApi(admin, 'linnet-test');
  const path = '/api/v1/namespaces/default/serviceaccounts';
  await untilList(api, path, (accounts) => accounts.length > 0, START_TIMEOUT_MS);
  await api.close();
}
