import type { TestProject } from 'vitest/node';
import { provideMeshBinaries } from '../../scripts/cluster/mesh-binaries.ts';
import { linnetCrds } from '../cluster/kube/global-setup.ts';
import { NAMES_FILE } from './bed/network.ts';
import { startMesh, type MeshFacts } from './bed/start-mesh.ts';

declare module 'vitest' {
  interface ProvidedContext {
    mesh: MeshFacts;
  }
}

/** One mesh for the whole run of the `mesh` project. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const names = process.env[NAMES_FILE];
  if (names === undefined) {
    throw new Error('the mesh suite runs in a network of its own: use `npm run test:mesh`');
  }
  const binaries = await provideMeshBinaries();
  const { istio, gatewayApi, keda } = binaries.crds;
  const started = performance.now();
  const mesh = await startMesh(binaries, [istio, gatewayApi, keda, ...linnetCrds()], names);
  console.log(`test mesh up in ${Math.round(performance.now() - started)} ms`);
  project.provide('mesh', mesh.facts);
  return () => mesh.stop();
}
