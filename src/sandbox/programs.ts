import type { Program } from '../processes/program.ts';
import { accessSync, constants, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { unpackPackages } from './debian-packages.ts';

export type ProgramName = 'redis-server' | 'prometheus';

export interface FindOptions {
  /** Called with a line for people when something takes time. */
  readonly onProgress?: (line: string) => void;
  /** Replaces the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Finds a program on the PATH, or else in the user's cache folder, where Debian and Ubuntu get a
 * private copy of it: fetched once, without root, without installing anything. Rejects with one
 * sentence that says how to install it where neither works.
 */
export async function findProgram(name: ProgramName, options: FindOptions = {}): Promise<Program> {
  const env = options.env ?? process.env;
  const installed = onPath(name, env);
  if (installed !== undefined) return { path: installed, env: {} };
  if (!isOnPath('apt-get', env) || !isOnPath('dpkg', env)) {
    throw new Error(`${name} is not on the PATH: ${howToInstall(name, env)}`);
  }
  try {
    return await unpackPackages({
      program: name,
      packages: SOURCES[name].debian,
      into: path.join(cacheFolder(env), 'programs', platform(), name),
      env,
      onProgress: options.onProgress ?? (() => {}),
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${name} is not on the PATH and no copy could be fetched (${why}): ${howToInstall(name, env)}`,
      { cause: error },
    );
  }
}

/** What the user keeps of Linnet between runs. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const own = env['LINNET_CACHE_DIR'];
  if (own !== undefined && own !== '') return path.resolve(own);
  const shared = env['XDG_CACHE_HOME'];
  // The XDG specification has relative paths ignored.
  const base = shared !== undefined && path.isAbsolute(shared) ? shared : homeCache(env);
  return path.join(base, 'linnet');
}

interface Source {
  /** Names under which the program may be installed, the preferred one first. */
  readonly binaries: readonly string[];
  /** Debian packages that hold it, without the libraries they need. */
  readonly debian: readonly string[];
  /** What each package manager calls it. */
  readonly packages: Readonly<Record<PackageManager, string>>;
}

type PackageManager = 'apt-get' | 'apk' | 'dnf' | 'yum' | 'zypper' | 'pacman' | 'brew';

const SOURCES: Readonly<Record<ProgramName, Source>> = {
  'redis-server': {
    binaries: ['redis-server', 'valkey-server'],
    // Debian's redis-server is a link to a program of redis-tools.
    debian: ['redis-server', 'redis-tools'],
    packages: {
      'apt-get': 'redis-server',
      apk: 'redis',
      dnf: '/usr/bin/redis-server',
      yum: '/usr/bin/redis-server',
      zypper: 'redis',
      pacman: 'valkey',
      brew: 'redis',
    },
  },
  prometheus: {
    binaries: ['prometheus'],
    debian: ['prometheus'],
    packages: {
      'apt-get': 'prometheus',
      apk: 'prometheus',
      dnf: '/usr/bin/prometheus',
      yum: '/usr/bin/prometheus',
      zypper: 'golang-github-prometheus-prometheus',
      pacman: 'prometheus',
      brew: 'prometheus',
    },
  },
};

const INSTALL: readonly (readonly [PackageManager, string])[] = [
  ['apt-get', 'sudo apt-get install'],
  ['apk', 'apk add'],
  ['dnf', 'sudo dnf install'],
  ['yum', 'sudo yum install'],
  ['zypper', 'sudo zypper install'],
  ['pacman', 'sudo pacman -S'],
  ['brew', 'brew install'],
];

function howToInstall(name: ProgramName, env: NodeJS.ProcessEnv): string {
  const found = INSTALL.find(([manager]) => isOnPath(manager, env));
  if (found === undefined) return `install it and put it on the PATH`;
  const [manager, command] = found;
  return `install it with \`${command} ${SOURCES[name].packages[manager]}\``;
}

function onPath(name: ProgramName, env: NodeJS.ProcessEnv): string | undefined {
  for (const binary of SOURCES[name].binaries) {
    const found = findOnPath(binary, env);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isOnPath(binary: string, env: NodeJS.ProcessEnv): boolean {
  return findOnPath(binary, env) !== undefined;
}

export function findOnPath(binary: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => path.resolve(folder, binary)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function homeCache(env: NodeJS.ProcessEnv): string {
  const home = env['HOME'];
  return path.join(home !== undefined && home !== '' ? home : os.homedir(), '.cache');
}

/** For example `debian-12-x64`: a copy made for one release may lack libraries on another. */
export function platform(): string {
  let release = '';
  try {
    release = readFileSync('/etc/os-release', 'utf8');
  } catch {
    // Some minimal systems have none; the architecture still tells copies apart.
  }
  const value = (key: string) => new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(release)?.[1];
  return `${value('ID') ?? os.platform()}-${value('VERSION_ID') ?? 'rolling'}-${os.arch()}`;
}
