import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Apt } from './apt.ts';
import { withMachineLock } from './machine-lock.ts';
import type { Program } from '../processes/program.ts';
import { outputOf, runCommand } from './run-command.ts';

export interface Unpacking {
  readonly program: string;
  readonly packages: readonly string[];
  /** The folder of the private copy. It appears whole or not at all. */
  readonly into: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: (line: string) => void;
}

/**
 * A program from Debian packages, unpacked into a folder and not installed, together with the
 * libraries that this system lacks. Writes nowhere else. Of several callers on one machine, one
 * fetches and the others wait for it.
 */
export async function unpackPackages(what: Unpacking): Promise<Program> {
  if (!existsSync(what.into)) {
    await withMachineLock(what.into, async () => {
      if (!existsSync(what.into)) await fetchCopy(what);
    });
  }
  return programIn(what.into, what);
}

async function fetchCopy(what: Unpacking): Promise<void> {
  what.onProgress(`fetching a private copy of ${what.program}`);
  await removeStalePartials(what.into);
  // Never the name of an earlier attempt, whose apt-get may still be at work.
  const partial = await mkdtemp(`${what.into}${PARTIAL}`);
  try {
    await unpackWithLibraries(what, partial);
    const program = await programIn(partial, what);
    await runCommand(program.path, ['--version'], { ...what.env, ...program.env });
    await chmod(partial, 0o755);
    await rename(partial, what.into);
  } finally {
    await rm(partial, REMOVAL);
  }
}

const PARTIAL = '.partial-';
const REMOVAL = { recursive: true, force: true, maxRetries: 3 };

/** What earlier attempts left behind that were killed: under the lock nobody else is at work. */
async function removeStalePartials(into: string): Promise<void> {
  const folder = path.dirname(into);
  await mkdir(folder, { recursive: true });
  const names = await readdir(folder);
  const stale = names.filter((name) => name.startsWith(path.basename(into) + PARTIAL));
  for (const name of stale) await rm(path.join(folder, name), REMOVAL);
}

/** Unpacks the packages, then level by level what they depend on, until every library is there. */
async function unpackWithLibraries(what: Unpacking, target: string): Promise<void> {
  const archives = path.join(target, 'archives');
  await mkdir(archives);
  const apt = new Apt({ archives, env: what.env, onProgress: what.onProgress });
  const seen = new Set<string>();
  let level = [...what.packages];
  for (;;) {
    for (const name of level) seen.add(name);
    const files = await apt.download(level);
    for (const file of files) await runCommand('dpkg', ['-x', file, target], what.env);
    const missing = await missingLibraries(target, what);
    if (missing.length === 0) break;
    level = await librariesNeededBy(files, seen, what);
    if (level.length === 0) throw new Error(`no package brings ${missing.join(', ')}`);
  }
  await rm(archives, REMOVAL);
}

/** Libraries that the dynamic linker does not find. A static program needs none. */
async function missingLibraries(target: string, what: Unpacking): Promise<string[]> {
  const program = await programIn(target, what);
  const environment = { ...what.env, ...program.env };
  const linked = await outputOf('ldd', [program.path], environment).catch(() => '');
  return [...linked.matchAll(/^\s*(\S+) => not found$/gm)].map(([, library]) => library ?? '');
}

/** Packages of libraries that the archives depend on and this system lacks. */
async function librariesNeededBy(
  archives: readonly string[],
  seen: ReadonlySet<string>,
  what: Unpacking,
): Promise<string[]> {
  const needed = new Set<string>();
  for (const archive of archives) {
    const fields = ['Pre-Depends', 'Depends'];
    const depends = await outputOf('dpkg-deb', ['-f', archive, ...fields], what.env);
    for (const name of libraryPackages(depends)) if (!seen.has(name)) needed.add(name);
  }
  const lacking: string[] = [];
  for (const name of needed) if (!(await isInstalled(name, what.env))) lacking.push(name);
  return lacking;
}

/**
 * The libraries in the dependency fields of a package: the first of each set of alternatives.
 * Exported for its test.
 */
export function libraryPackages(fields: string): string[] {
  const names = fields
    .replaceAll(/^[A-Z][\w-]*:/gm, ',')
    .split(',')
    .map((alternatives) => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(alternatives)?.[1] ?? '');
  return names.filter((name) => name.startsWith('lib') && !name.startsWith('libjs-'));
}

async function isInstalled(name: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const status = await outputOf('dpkg-query', ['-s', name], env).catch(() => '');
  return /^Status: .* installed$/m.test(status);
}

async function programIn(folder: string, what: Unpacking): Promise<Program> {
  const libraries = await libraryFolders(folder);
  const inherited = what.env['LD_LIBRARY_PATH'];
  if (inherited !== undefined && inherited !== '') libraries.push(inherited);
  const places = BINARIES.map((place) => path.join(folder, place, what.program));
  return {
    path: places.find((place) => existsSync(place)) ?? places[0]!,
    env: { LD_LIBRARY_PATH: libraries.join(':') },
  };
}

/** Where packages put programs, those of administrators too. */
const BINARIES = ['usr/bin', 'usr/sbin', 'bin', 'sbin'];

/** Folders of shared libraries: `lib` and `usr/lib`, and those of an architecture below them. */
async function libraryFolders(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const base of ['usr/lib', 'lib']) {
    const root = path.join(folder, base);
    const names = await readdir(root).catch(() => []);
    const below = names.filter((name) => name.includes('-linux-')).map((n) => path.join(root, n));
    if (names.length > 0) found.push(...below, root);
  }
  return found;
}
