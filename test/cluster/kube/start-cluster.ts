import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { ClusterBinaries } from '../../../scripts/cluster/cluster-binaries.ts';
import type { KubeObject } from '../../../src/ports/cluster.ts';
import { connectApi } from './api-client.ts';
import type { RawApi } from './api-client.ts';
import { connectCluster } from './cluster.ts';
import type { Cluster, ClusterFacts } from './cluster.ts';
import { startControlPlane } from './control-plane.ts';
import type { ControlPlaneOptions } from './control-plane.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { startKubelet, type Kubelet } from './kubelet.ts';
import { untilList } from './waiting.ts';

export interface RunningCluster extends Cluster {
  facts: ClusterFacts;
  /** Ends every process and removes every file. */
  stop(): Promise<void>;
}

export interface ClusterOptions extends ControlPlaneOptions {
  /** What becomes of pods; default: they run nothing and are ready at once. */
  readonly kubelet?: (api: RawApi, report: (error: unknown) => void) => Promise<Kubelet>;
}

/**
 * Starts a cluster of real control plane processes and pretended nodes, with the custom resources
 * of `crdFiles` (YAML) served. It needs no root and leaves nothing behind when this process ends,
 * however it ends, but its folder of logs if it does not start or the process is killed.
 */
export async function startCluster(
  binaries: ClusterBinaries,
  crdFiles: string[],
  options: ClusterOptions = {},
): Promise<RunningCluster> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'linnet-cluster-'));
  const removeFiles = () => rmSync(directory, { recursive: true, force: true });
  try {
    const cluster = await startIn(directory, binaries, crdFiles, options);
    process.once('exit', removeFiles);
    return {
      ...cluster,
      async stop() {
        await cluster.stop();
        process.off('exit', removeFiles);
        await rm(directory, { recursive: true, force: true });
      },
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await rm(path.join(directory, 'etcd'), { recursive: true, force: true });
    throw new Error(`the test cluster did not start (logs: ${directory}): ${reason}`, {
      cause: error,
    });
  }
}

async function startIn(
  directory: string,
  binaries: ClusterBinaries,
  crdFiles: string[],
  options: ClusterOptions,
): Promise<RunningCluster> {
  const plane = await startControlPlane(binaries, directory, options);
  const kubeletApi = connectApi(plane.kubelet, 'pretended-kubelet');
  try {
    const facts = {
      connection: plane.admin,
      kubeconfigPath: path.join(directory, 'kubeconfigs', 'admin.yaml'),
      auditLogFile: plane.auditLogFile,
      directory,
      programs: { kubectl: binaries.kubectl, helm: binaries.helm },
    };
    await writeKubeconfig(facts.kubeconfigPath, plane.admin);
    const cluster = connectCluster(facts);
    await defineCustomResources(cluster.api, crdFiles);
    await plane.startControllers();
    const runPods = options.kubelet ?? startKubelet;
    const kubelet = await runPods(kubeletApi, (error) => console.error('kubelet:', error));
    return {
      ...cluster,
      facts,
      async stop() {
        await kubelet.stop();
        await plane.stop();
        await Promise.all([kubeletApi.close(), cluster.close()]);
      },
    };
  } catch (error) {
    await plane.stop();
    throw error;
  }
}

const CRD_PATH = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

interface Crd extends KubeObject {
  status?: { conditions?: { type: string; status: string }[] };
}

/** Creates all definitions of the files and waits until each is served. */
async function defineCustomResources(api: RawApi, files: string[]): Promise<void> {
  const definitions = files
    .flatMap((file) => parseAllDocuments(readFileSync(file, 'utf8')))
    .map((document) => document.toJSON() as Crd | null)
    .filter((object) => object !== null);
  await Promise.all(definitions.map((definition) => api.create(CRD_PATH, definition)));
  await untilList<Crd>(api, CRD_PATH, (crds) => {
    const established = crds.filter(({ status }) =>
      status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True'),
    );
    return established.length === definitions.length;
  });
}
