import type { Canary } from '../../api/canary.ts';
import type { ApiClient, KubeObject } from '../../ports/cluster.ts';
import {
  DAEMON_SET,
  DEPLOYMENT,
  DESTINATION_RULE,
  POD,
  SERVICE,
  VIRTUAL_SERVICE,
} from '../../ports/kinds.ts';
import type { WorkloadNames } from '../../ports/telemetry.ts';
import { listAt, textAt, textsAt } from './json.ts';

/** One sentence why they cannot be told, in their place. */
export type VersionWorkloads = WorkloadNames | { readonly why: string };

type Api = Pick<ApiClient, 'get' | 'list'>;
type Selected = Readonly<Record<string, string>>;

/**
 * Which workloads the labels of both versions select, in version mode: those of the subsets, or the
 * selectors of the Services where a version is a host. Rejects where the cluster does not answer.
 */
export async function versionWorkloads(canary: Canary, api: Api): Promise<VersionWorkloads> {
  const { subset, host, labels } = canary.spec.version ?? {};
  const stable = canary.status?.stableVersion;
  const wanted = subset ?? host;
  if (wanted === undefined) return { why: 'spec.version names neither a subset nor a host' };
  if (stable === undefined) return { why: 'status.stableVersion does not name the version before' };
  const { namespace } = canary.metadata;
  const labelsOf =
    subset === undefined
      ? (name: string) => selectorOf(name, namespace, api)
      : await subsetsOf(canary, api);
  const versions = [
    { name: wanted, labels: labels ?? (await labelsOf(wanted)) },
    { name: stable, labels: await labelsOf(stable) },
  ];
  const found = await workloadsIn(namespace, api);
  const kind = subset === undefined ? 'Service' : 'DestinationRule with the subset';
  const workloads: string[][] = [];
  for (const one of versions) {
    if (!one.labels) return { why: `no ${kind} ${one.name} says which pods it has` };
    const names = found(one.labels);
    if (names.length === 0) return { why: `no workload has the labels of ${one.name}` };
    workloads.push(names);
  }
  const [ours = [], theirs = []] = workloads;
  return { canary: ours, primary: theirs };
}

/** Of the DestinationRules for the hosts that the target leads to; of others, if those have none such. */
async function subsetsOf({ metadata: { namespace }, spec }: Canary, api: Api) {
  const [target, { items }] = await Promise.all([
    api.get(VIRTUAL_SERVICE, namespace, spec.targetRef.name),
    api.list(DESTINATION_RULE, { namespace }),
  ]);
  const hosts = new Set(hostsOf(target));
  const isAsked = (rule: KubeObject) => hosts.has(serviceIn(textAt(rule, 'spec', 'host') ?? ''));
  const rules = [...items.filter(isAsked), ...items.filter((rule) => !isAsked(rule))];
  return (name: string): Promise<Selected | undefined> => {
    const subsets = rules.flatMap((rule) => listAt(rule, 'spec', 'subsets'));
    const found = subsets.find((subset) => textAt(subset, 'name') === name);
    return Promise.resolve(found === undefined ? undefined : labelsIn(found, 'labels'));
  };
}

function hostsOf(target: KubeObject | undefined): string[] {
  return ['http', 'tls', 'tcp']
    .flatMap((kind) => listAt(target, 'spec', kind))
    .flatMap((route) => listAt(route, 'route'))
    .flatMap((to) => textAt(to, 'destination', 'host') ?? [])
    .map(serviceIn);
}

/** `reviews` and `reviews.shop.svc.cluster.local` are one. */
function serviceIn(host: string): string {
  return host.split('.', 1)[0] ?? host;
}

async function selectorOf(
  host: string,
  namespace: string,
  api: Api,
): Promise<Selected | undefined> {
  const service = await api.get(SERVICE, namespace, serviceIn(host));
  return service === undefined ? undefined : labelsIn(service, 'spec', 'selector');
}

function labelsIn(value: unknown, ...path: string[]): Selected | undefined {
  const labels = textsAt(value, ...path);
  return Object.keys(labels).length === 0 ? undefined : labels;
}

/** Deployments and DaemonSets are there also while they have no pods; other kinds are told from those. */
async function workloadsIn(namespace: string, api: Api) {
  const [deployments, daemonSets, pods] = await Promise.all(
    [DEPLOYMENT, DAEMON_SET, POD].map(async (kind) => (await api.list(kind, { namespace })).items),
  );
  const templates = [...(deployments ?? []), ...(daemonSets ?? [])].map((workload) => ({
    name: workload.metadata.name,
    labels: textsAt(workload, 'spec', 'template', 'metadata', 'labels'),
  }));
  const owned = (pods ?? []).map((pod) => ({
    name: workloadOf(pod),
    labels: pod.metadata.labels ?? {},
  }));
  return (selected: Selected): string[] => {
    const isSelected = ({ labels }: { labels: Selected }) =>
      Object.entries(selected).every(([label, value]) => labels[label] === value);
    const names = [...templates, ...owned].filter(isSelected).map(({ name }) => name);
    return [...new Set(names)].sort();
  };
}

/** As Istio's own telemetry names it: by what controls the pod, of a ReplicaSet its Deployment. */
function workloadOf({ metadata }: KubeObject): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  const hash = metadata.labels?.['pod-template-hash'];
  if (owner === undefined) return metadata.name;
  const isHashed = hash !== undefined && owner.name.endsWith(`-${hash}`);
  return isHashed ? owner.name.slice(0, -hash.length - 1) : owner.name;
}
