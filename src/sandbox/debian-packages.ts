import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { withMachineLock } from './machine-lock.ts';
import type { Program } from './programs.ts';

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
  const partial = `${what.into}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  try {
    await unpackWithLibraries(what, partial);
    const program = await programIn(partial, what);
    await run(program.path, ['--version'], { ...what.env, ...program.env });
    await rename(partial, what.into);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Unpacks the packages, then level by level what they depend on, until every library is there. */
async function unpackWithLibraries(what: Unpacking, target: string): Promise<void> {
  const archives = path.join(target, 'archives');
  await mkdir(archives);
  const apt = new Apt(what, archives);
  const seen = new Set<string>();
  let level = [...what.packages];
  for (;;) {
    for (const name of level) seen.add(name);
    const files = await apt.download(level);
    for (const file of files) await run('dpkg', ['-x', file, target], what.env);
    const missing = await missingLibraries(target, what);
    if (missing.length === 0) break;
    level = await librariesNeededBy(files, seen, what);
    if (level.length === 0) throw new Error(`no package brings ${missing.join(', ')}`);
  }
  await rm(archives, { recursive: true });
}

/** apt-get, confined to the folders given. */
class Apt {
  readonly #what: Unpacking;
  readonly #archives: string;
  #lists: string | undefined;

  constructor(what: Unpacking, archives: string) {
    this.#what = what;
    this.#archives = archives;
  }

  /** The files of the packages. Without lists on this system, or with old ones, it fetches its own. */
  async download(packages: readonly string[]): Promise<string[]> {
    try {
      return await this.#tryDownload(packages);
    } catch (error) {
      if (this.#lists !== undefined) throw error;
      await this.#fetchLists();
      return this.#tryDownload(packages);
    }
  }

  async #tryDownload(packages: readonly string[]): Promise<string[]> {
    const before = new Set(await this.#files());
    await this.#run('download', ...packages);
    return (await this.#files()).filter((file) => !before.has(file));
  }

  async #fetchLists(): Promise<void> {
    this.#what.onProgress('fetching the lists of packages');
    this.#lists = path.join(path.dirname(this.#what.into), 'package-lists');
    await mkdir(path.join(this.#lists, 'partial'), { recursive: true });
    // Two programs may be fetched at once, and share the lists.
    await withMachineLock(this.#lists, () => this.#run('update'));
  }

  async #files(): Promise<string[]> {
    const names = await readdir(this.#archives);
    return names.filter((name) => name.endsWith('.deb')).map((n) => path.join(this.#archives, n));
  }

  async #run(...command: string[]): Promise<void> {
    const configuration = path.join(this.#archives, 'apt.conf');
    await writeFile(configuration, this.#configuration());
    await run('apt-get', ['-q', '-c', configuration, ...command], this.#what.env, this.#archives);
  }

  #configuration(): string {
    return [
      // As root apt would fetch as a user who may not write here, and warn about it.
      'APT::Sandbox::User "root";',
      `Dir::Cache "${this.#archives}/cache";`,
      'Dir::Cache::pkgcache "";',
      'Dir::Cache::srcpkgcache "";',
      ...(this.#lists === undefined ? [] : [`Dir::State::Lists "${this.#lists}";`]),
      'Acquire::Languages "none";',
      'Acquire::GzipIndexes "true";',
      'Acquire::Retries "2";',
      // Images and desktops add hooks here that write all over the system.
      '#clear APT::Update::Pre-Invoke;',
      '#clear APT::Update::Post-Invoke;',
      '#clear APT::Update::Post-Invoke-Success;',
      '',
    ].join('\n');
  }
}

/** Libraries that the dynamic linker does not find. A static program needs none. */
async function missingLibraries(target: string, what: Unpacking): Promise<string[]> {
  const program = await programIn(target, what);
  const linked = await run('ldd', [program.path], { ...what.env, ...program.env }).catch(() => '');
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
    const depends = await run('dpkg-deb', ['-f', archive, 'Pre-Depends', 'Depends'], what.env);
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
  const status = await run('dpkg-query', ['-s', name], env).catch(() => '');
  return /^Status: .* installed$/m.test(status);
}

async function programIn(folder: string, what: Unpacking): Promise<Program> {
  const libraries = await libraryFolders(folder);
  const inherited = what.env['LD_LIBRARY_PATH'];
  if (inherited !== undefined && inherited !== '') libraries.push(inherited);
  return {
    path: path.join(folder, 'usr', 'bin', what.program),
    env: { LD_LIBRARY_PATH: libraries.join(':') },
  };
}

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

const execute = promisify(execFile);

/** The output of a command. Rejects with what it wrote to its standard error. */
async function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd?: string,
): Promise<string> {
  try {
    const options = { env: { ...env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' } };
    const done = await execute(command, args, cwd === undefined ? options : { ...options, cwd });
    return done.stdout;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    const reason = said.split('\n').at(-1) ?? '';
    const name = path.basename(command);
    throw new Error(reason === '' ? `${name} ${args.at(-1)} failed` : `${name}: ${reason}`, {
      cause: error,
    });
  }
}
