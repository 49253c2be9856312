import path from 'node:path';

/** Command line flags by name, without their dashes. */
export type Flags = Record<string, string>;

/** What the servers read and write, apart from their data. */
export interface ServerFiles {
  tokens: { admin: string; kubelet: string; controllers: string };
  tokenFile: string;
  serviceAccountKey: string;
  auditPolicy: string;
  auditLog: string;
}

export function etcdFlags(directory: string, url: string, peerPort: number): Flags {
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  return {
    'data-dir': path.join(directory, 'etcd'),
    'listen-client-urls': url,
    'advertise-client-urls': url,
    'listen-peer-urls': peerUrl,
    'initial-advertise-peer-urls': peerUrl,
    'initial-cluster': `default=${peerUrl}`,
    'unsafe-no-fsync': 'true',
    'log-level': 'warn',
  };
}

export function apiserverFlags(
  directory: string,
  etcdUrl: string,
  port: number,
  files: ServerFiles,
): Flags {
  return {
    'etcd-servers': etcdUrl,
    // It makes its own certificate here, good for 127.0.0.1; the certificate is its own CA.
    'cert-dir': directory,
    'secure-port': String(port),
    'bind-address': '127.0.0.1',
    'advertise-address': '127.0.0.1',
    'endpoint-reconciler-type': 'none',
    'service-cluster-ip-range': '10.96.0.0/16',
    'service-account-key-file': files.serviceAccountKey,
    'service-account-signing-key-file': files.serviceAccountKey,
    'service-account-issuer': 'https://kubernetes.default.svc',
    'token-auth-file': files.tokenFile,
    'authorization-mode': 'RBAC',
    // Pods here run nothing: they need no token of their ServiceAccount.
    'disable-admission-plugins': 'ServiceAccount',
    'audit-policy-file': files.auditPolicy,
    'audit-log-path': files.auditLog,
    // One file, in megabytes: its readers do not follow a rotation.
    'audit-log-maxsize': '100000',
  };
}

export function controllerManagerFlags(kubeconfig: string, withAutoscaler: boolean): Flags {
  return {
    kubeconfig,
    controllers: [...CONTROLLERS, ...(withAutoscaler ? [AUTOSCALER] : [])].join(','),
    'horizontal-pod-autoscaler-sync-period': '1s',
    'leader-elect': 'false',
    'secure-port': '0',
    // The default of 20 requests a second starves a test of hundreds of workloads.
    'kube-api-qps': '500',
    'kube-api-burst': '1000',
    'concurrent-deployment-syncs': '20',
    'concurrent-replicaset-syncs': '20',
    'concurrent-service-endpoint-syncs': '20',
    'concurrent-gc-syncs': '40',
  };
}

const AUTOSCALER = 'horizontal-pod-autoscaler-controller';

/** No scheduler, jobs or nodes: what Linnet does not touch does not run; an autoscaler only on request. */
const CONTROLLERS = [
  'deployment-controller',
  'replicaset-controller',
  'daemonset-controller',
  'endpointslice-controller',
  'namespace-controller',
  'garbage-collector-controller',
  'serviceaccount-controller',
  'clusterrole-aggregation-controller',
];
