import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../../src/ports/cluster.ts';
import type { Cluster } from './cluster.ts';

/** The chart as users install it. */
export const CHART = path.resolve(import.meta.dirname, '../../../charts/linnet');

export interface Release {
  name: string;
  namespace: string;
  /** `replicas=3`, as for `--set`. */
  set?: readonly string[];
  /** Templates to render; without them all. */
  only?: readonly string[];
}

/** What `helm template` says of a release: manifests, or what is wrong with its values. */
export async function renderChart(
  cluster: Cluster,
  { name, namespace, set = [], only = [] }: Release,
): Promise<{ manifests: string; refusal: string | undefined }> {
  const options = [
    ...set.flatMap((value) => ['--set', value]),
    ...only.flatMap((template) => ['--show-only', `templates/${template}`]),
  ];
  const { stdout, stderr, code } = await cluster.helm([
    'template',
    name,
    CHART,
    '--namespace',
    namespace,
    ...options,
  ]);
  return { manifests: stdout, refusal: code === 0 ? undefined : stderr };
}

export function objectsIn(manifests: string): KubeObject[] {
  return parseAllDocuments(manifests)
    .map((document) => document.toJSON() as KubeObject | null)
    .filter((object) => object !== null);
}

export interface ChartAccount {
  namespace: string;
  name: string;
  /** Of the ServiceAccount, for `linnet run --kubeconfig`. */
  kubeconfig: string;
  remove: () => Promise<void>;
}

/**
 * Gives the cluster exactly the ServiceAccount and the rights of the chart, and nothing else of it,
 * in a namespace of their own. `watchNamespace` asks for the rights in that namespace only.
 */
export async function installChartRights(
  cluster: Cluster,
  watchNamespace?: string,
  set: readonly string[] = [],
): Promise<ChartAccount> {
  const namespace = await cluster.newNamespace('linnet-system');
  const { manifests, refusal } = await renderChart(cluster, {
    name: 'linnet',
    namespace,
    set: [...set, ...(watchNamespace === undefined ? [] : [`watchNamespace=${watchNamespace}`])],
    only: ['serviceaccount.yaml', 'rbac.yaml'],
  });
  if (refusal !== undefined) throw new Error(`the chart could not be rendered: ${refusal}`);
  await applied(cluster, ['apply', '-f', '-'], manifests);
  const name = objectsIn(manifests).find(({ kind }) => kind === 'ServiceAccount')?.metadata.name;
  if (name === undefined) throw new Error('the chart has no ServiceAccount');
  return {
    namespace,
    name,
    kubeconfig: await cluster.serviceAccountKubeconfig(namespace, name),
    async remove() {
      await applied(cluster, ['delete', '--ignore-not-found', '-f', '-'], manifests);
      await applied(cluster, ['delete', 'namespace', namespace, '--wait=false'], '');
    },
  };
}

async function applied(cluster: Cluster, args: string[], stdin: string): Promise<void> {
  const { code, stderr } = await cluster.kubectl(args, { stdin });
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
}
