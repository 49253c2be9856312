import { accessSync, constants, readFileSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from './run-command.ts';

/** The absolute path of a program on the PATH. */
export function findOnPath(program: string): string | undefined {
  const candidates = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => path.resolve(directory, program));
  return candidates.find(isExecutable);
}

/** For example `debian-12`. */
export function distributionRelease(): string {
  const release = readFileSync('/etc/os-release', 'utf8');
  const value = (key: string) => new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(release)?.[1];
  return `${value('ID') ?? 'linux'}-${value('VERSION_ID') ?? 'rolling'}`;
}

/**
 * Unpacks a package of the distribution into `target`, without root and without installing it.
 * Where the system has no package lists, as in a bare image, it fetches its own.
 */
export async function unpackDebianPackage(name: string, target: string): Promise<void> {
  if (findOnPath('apt-get') === undefined || findOnPath('dpkg') === undefined) {
    throw new Error(
      `the package ${name} is missing: install it with this system's package manager (there is no apt-get to fetch it with)`,
    );
  }
  const scratch = path.join(target, 'apt');
  await mkdir(scratch);
  try {
    await download(name, scratch, []);
  } catch {
    const own = await ownPackageLists(scratch);
    await download(name, scratch, own);
  }
  const archive = (await readdir(scratch)).find((file) => file.endsWith('.deb'));
  if (archive === undefined) throw new Error(`apt-get download ${name} brought no package`);
  await runCommand('dpkg', ['-x', path.join(scratch, archive), target]);
  await rm(scratch, { recursive: true });
}

async function download(name: string, into: string, options: string[]): Promise<void> {
  await runCommand('apt-get', [...SANDBOX, ...options, 'download', name], { cwd: into });
}

/** Fetches package lists into `scratch`; returns the options that make apt-get use them. */
async function ownPackageLists(scratch: string): Promise<string[]> {
  const state = path.join(scratch, 'lists');
  const cache = path.join(scratch, 'cache');
  await mkdir(path.join(state, 'partial'), { recursive: true });
  await mkdir(path.join(cache, 'archives', 'partial'), { recursive: true });
  const options = ['-o', `Dir::State::Lists=${state}`, '-o', `Dir::Cache=${cache}`];
  await runCommand('apt-get', [...SANDBOX, ...options, 'update']);
  return options;
}

/** As root, apt-get would fetch as a user who may not write into a private folder. */
const SANDBOX = ['-q', '-o', 'APT::Sandbox::User=root'];

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
