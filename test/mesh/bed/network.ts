import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { MeshBinaries } from '../../../scripts/cluster/mesh-binaries.ts';
import type { Program } from '../../../src/processes/program.ts';
import { LOCALHOST } from './names.ts';

/** Where the network of a mesh is, as processes in it see it. */
export const NETWORK = {
  /** Any address of it can be bound: those of pods. */
  pods: '10.244.0.0/16',
  /** Of Services: what is sent there goes through the sidecar. */
  services: '10.96.0.0/16',
  /** To where the kernel redirects it, as for every sidecar of Istio. */
  sidecarPort: 15001,
  gateway: '10.244.255.1',
  sidecar: '10.244.255.2',
} as const;

/** Set for processes in such a network: the file that gives names to addresses there. */
export const NAMES_FILE = 'LINNET_MESH_NAMES';

/** Of what `unshare` makes: all of it ends with the first process in it, and nothing reaches out. */
const OWN = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** $1 is the file of names, the rest the command. The shell stays, to collect orphans. */
const FURNISH = `
set -e
names=$1
shift
"$IP" link set lo up
"$IP" addr add ${NETWORK.pods} dev lo
"$IP" addr add ${NETWORK.services} dev lo
LD_LIBRARY_PATH=$IPTABLES_LIBRARIES "$IPTABLES" -t nat -A OUTPUT -d ${NETWORK.services} -p tcp \\
  -j REDIRECT --to-ports ${NETWORK.sidecarPort}
mount --bind "$names" /etc/hosts
unset IP IPTABLES IPTABLES_LIBRARIES XTABLES_LIBDIR
code=0
"$@" || code=$?
exit $code
`;

/**
 * Runs a command in a network of its own, with the addresses of pods and Services, and resolves with
 * its exit code. Needs root or a kernel that lets users make namespaces; throws a sentence otherwise.
 */
export async function runInMeshNetwork(
  { ip, iptables }: Pick<MeshBinaries, 'ip' | 'iptables'>,
  command: readonly string[],
): Promise<number> {
  const namespaces = ownNamespaces();
  const directory = mkdtempSync(path.join(os.tmpdir(), 'linnet-mesh-network-'));
  const names = path.join(directory, 'hosts');
  writeFileSync(names, LOCALHOST);
  const furnish = ['sh', '-c', FURNISH, 'mesh-network', names, ...command];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...namespaces, ...furnish], {
    stdio: 'inherit',
    env: { ...process.env, ...toolsFor(ip, iptables), [NAMES_FILE]: names },
  });
  // A terminal interrupts all of them at once; `unshare` itself heeds nothing but this.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => void child.kill('SIGKILL'));
  const [code] = (await once(child, 'exit')) as [number | null];
  rmSync(directory, { recursive: true, force: true });
  return code ?? 1;
}

function toolsFor(ip: Program, iptables: Program): Record<string, string> {
  const { LD_LIBRARY_PATH = '', ...more } = iptables.env as Record<string, string>;
  return { IP: ip.path, IPTABLES: iptables.path, IPTABLES_LIBRARIES: LD_LIBRARY_PATH, ...more };
}

/** The options of `unshare` that this machine grants: to root as it is, to others as their own root. */
function ownNamespaces(): readonly string[] {
  const isRoot = process.getuid?.() === 0;
  const options = isRoot ? OWN : ['--map-root-user', ...OWN];
  const { status, stderr, error } = spawnSync('unshare', [...options, 'true'], {
    encoding: 'utf8',
  });
  if (status === 0) return options;
  const why = error?.message ?? stderr.trim();
  const advice = isRoot
    ? 'it is root here, but without the right to make namespaces (CAP_SYS_ADMIN)'
    : 'run it as root, or let users make namespaces (kernel.unprivileged_userns_clone=1)';
  throw new Error(
    `the mesh suite needs a network of its own, which this machine does not grant: ${advice} (${why})`,
  );
}
