import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { connectApi } from './api-client.ts';
import type { Connection, RawApi } from './api-client.ts';
import { openAuditLog } from './audit-log.ts';
import type { AuditLog } from './audit-log.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { runWithKubeconfig } from './kubectl.ts';
import type { CommandInput, CommandOutcome } from './kubectl.ts';

/** How to reach a running cluster from any process: plain data. */
export interface ClusterFacts {
  /** As an administrator. */
  connection: Connection;
  kubeconfigPath: string;
  auditLogFile: string;
  /** For files of the run; it goes away with the cluster. */
  directory: string;
  programs: { kubectl: string; helm: string };
}

/** A cluster as a test sees it. Everything but `serviceAccountKubeconfig` acts as administrator. */
export interface Cluster {
  url: string;
  caFile: string | undefined;
  adminToken: string;
  kubeconfigPath: string;
  api: RawApi;
  audit: AuditLog;
  kubectl(args: string[], input?: CommandInput): Promise<CommandOutcome>;
  helm(args: string[], input?: CommandInput): Promise<CommandOutcome>;
  /** A kubeconfig to run a process as an existing ServiceAccount; its token is good for a day. */
  serviceAccountKubeconfig(namespace: string, name: string): Promise<string>;
  /** Makes a namespace that no other test uses and returns its name. */
  newNamespace(label: string): Promise<string>;
  /** Closes this process' connections. The cluster goes on. */
  close(): Promise<void>;
}

export function connectCluster(facts: ClusterFacts): Cluster {
  const { connection, kubeconfigPath, directory, programs } = facts;
  const api = connectApi(connection, 'linnet-test');
  // What one test's kubectl remembers of the cluster's kinds need not be so in the next.
  const home = mkdtempSync(path.join(directory, 'home-'));
  const run =
    (program: string) =>
    (args: string[], input: CommandInput = {}) =>
      runWithKubeconfig(program, args, input.kubeconfig ?? kubeconfigPath, home, input.stdin);

  return {
    url: connection.url,
    caFile: connection.caFile,
    adminToken: connection.token,
    kubeconfigPath,
    api,
    audit: openAuditLog(facts.auditLogFile),
    kubectl: run(programs.kubectl),
    helm: run(programs.helm),
    async serviceAccountKubeconfig(namespace, name) {
      const account = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`;
      const { status } = await api.create<{ status: { token: string } }>(`${account}/token`, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 86_400 },
      });
      const file = path.join(directory, 'kubeconfigs', `${namespace}-${name}.yaml`);
      return writeKubeconfig(file, { ...connection, token: status.token }, namespace);
    },
    async newNamespace(label) {
      const created = await api.create('/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { generateName: `${label}-` },
      });
      return created.metadata.name;
    },
    close: () => api.close(),
  };
}
