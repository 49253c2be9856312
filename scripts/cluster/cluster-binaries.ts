import path from 'node:path';
import { tellingFailure } from '../command-line.ts';
import { buildOnce } from './build-once.ts';
import { cached } from './cache.ts';
import { collectCrds } from './crds.ts';
import { provideTool } from './debian-tool.ts';
import { buildHelm, buildKubernetes } from './go-build.ts';

const KUBERNETES = '1.34.4';
const HELM = '3.22.0';
const CRD_MODULES = {
  istio: {
    module: 'istio.io/api',
    version: '1.31.1',
    files: /^kubernetes\/customresourcedefinitions\.gen\.yaml$/,
  },
  gatewayApi: {
    module: 'sigs.k8s.io/gateway-api',
    version: '1.6.3',
    files: /^config\/crd\/standard\/gateway\.networking\.k8s\.io_(?!vap_)\w+\.yaml$/,
  },
  keda: {
    module: 'github.com/kedacore/keda/v2',
    version: '2.21.0',
    files: /^config\/crd\/bases\/\w+\.keda\.sh_\w+\.yaml$|^config\/crd\/bases\/keda\.sh_\w+\.yaml$/,
  },
} as const;

/** Absolute paths of everything a test cluster is made of. */
export interface ClusterBinaries {
  etcd: string;
  kubeApiserver: string;
  kubeControllerManager: string;
  kubectl: string;
  helm: string;
  /** One YAML file of CustomResourceDefinitions each. */
  crds: Record<keyof typeof CRD_MODULES, string>;
}

/**
 * Makes the programs of a test cluster available: what the cache lacks is built from Go modules
 * (about eight minutes the first time on two cores) or taken from a Debian package. Needs no root.
 * Several processes may call it at once. Throws a sentence that says what to install.
 */
export async function provideClusterBinaries(
  report: (line: string) => void = console.log,
): Promise<ClusterBinaries> {
  if (process.platform !== 'linux') {
    throw new Error(`the cluster suite runs on Linux only; this is ${process.platform}`);
  }
  const entry = (
    name: string,
    version: string,
    build: (target: string) => Promise<void>,
    hint?: string,
  ) => buildOnce(cached(name, version), build, report, hint);

  const etcd = await provideTool(
    { program: 'etcd', packageName: 'etcd-server', entry: 'etcd' },
    report,
  );
  const crds = { istio: '', gatewayApi: '', keda: '' };
  for (const name of ['istio', 'gatewayApi', 'keda'] as const) {
    const source = CRD_MODULES[name];
    const built = await entry(`crds-${name}`, source.version, (to) => collectCrds(source, to));
    crds[name] = path.join(built, 'crds.yaml');
  }
  const kubernetes = await entry(
    'kubernetes',
    KUBERNETES,
    (to) => buildKubernetes(KUBERNETES, to),
    'building it from source: five minutes on two cores',
  );
  const helm = await entry(
    'helm',
    HELM,
    (to) => buildHelm(HELM, KUBERNETES, to),
    'building it from source: a minute or two',
  );
  return {
    etcd: etcd.path,
    kubeApiserver: path.join(kubernetes, 'kube-apiserver'),
    kubeControllerManager: path.join(kubernetes, 'kube-controller-manager'),
    kubectl: path.join(kubernetes, 'kubectl'),
    helm: path.join(helm, 'helm'),
    crds,
  };
}

if (process.argv[1] === import.meta.filename) {
  await tellingFailure(async () => console.log(await provideClusterBinaries()));
}
