import path from 'node:path';
import { runInMeshNetwork } from '../test/mesh/bed/network.ts';
import { provideMeshBinaries } from './cluster/mesh-binaries.ts';
import { tellingFailure } from './command-line.ts';

/**
 * Runs the mesh suite in a network of its own. All that has to be fetched is fetched before: nothing
 * reaches the outside from there. Further arguments go to vitest.
 */
const VITEST = path.resolve(import.meta.dirname, '../node_modules/vitest/vitest.mjs');

await tellingFailure(async () => {
  const binaries = await provideMeshBinaries();
  const suite = [process.execPath, VITEST, 'run', '--project', 'mesh', ...process.argv.slice(2)];
  process.exitCode = await runInMeshNetwork(binaries, suite);
});
