import { controllerOf } from '../workloads/object-key.ts';
import type { Pod } from '../workloads/resources.ts';

/** Who a pod is in the mesh's metrics. */
export interface PodIdentity {
  readonly namespace: string;
  readonly workload: string;
  readonly app: string;
  readonly version: string;
  readonly canonicalService: string;
  readonly canonicalRevision: string;
  readonly serviceAccount: string;
}

const UNKNOWN = 'unknown';

/** By Istio's rules: the workload is the owner's name without the hash, the rest are labels. */
export function podIdentity({ metadata, spec }: Pod): PodIdentity {
  const workload = workloadOf(metadata);
  return {
    ...labelIdentity(metadata.labels ?? {}, workload),
    ...accountOf(metadata, spec),
    workload,
  };
}

/** What the labels of a workload say of it. */
export function labelIdentity(labels: Readonly<Record<string, string>>, workload: string) {
  const first = (...names: string[]) => names.map((name) => labels[name]).find((one) => one);
  return {
    app: first('app') ?? UNKNOWN,
    version: first('version') ?? UNKNOWN,
    canonicalService:
      first('service.istio.io/canonical-name', 'app.kubernetes.io/name', 'app') ?? workload,
    canonicalRevision:
      first('service.istio.io/canonical-revision', 'app.kubernetes.io/version', 'version') ??
      'latest',
  };
}

function workloadOf(metadata: Pod['metadata']): string {
  const owner = controllerOf({ apiVersion: 'v1', kind: 'Pod', metadata });
  if (owner === undefined) return metadata.name;
  const hash = metadata.labels?.['pod-template-hash'];
  const isHashed = hash !== undefined && owner.name.endsWith(`-${hash}`);
  return isHashed ? owner.name.slice(0, -hash.length - 1) : owner.name;
}

function accountOf({ namespace = '' }: Pod['metadata'], { serviceAccountName }: Pod['spec']) {
  return { namespace, serviceAccount: serviceAccountName ?? 'default' };
}
