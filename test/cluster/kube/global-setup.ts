import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { provideClusterBinaries } from '../../../scripts/cluster/cluster-binaries.ts';
import { startCluster } from './start-cluster.ts';

/** One cluster for the whole run of the `cluster` project. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const binaries = await provideClusterBinaries();
  const { istio, gatewayApi, keda } = binaries.crds;
  const started = performance.now();
  const cluster = await startCluster(binaries, [istio, gatewayApi, keda, ...linnetCrds()]);
  console.log(`test cluster up in ${Math.round(performance.now() - started)} ms: ${cluster.url}`);
  project.provide('cluster', cluster.facts);
  return () => cluster.stop();
}

export function linnetCrds(): string[] {
  const directory = path.resolve(import.meta.dirname, '../../../crds');
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => path.join(directory, file));
}
