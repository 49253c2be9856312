import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand, type CommandOutput } from './run-command.ts';

export interface AptConfinement {
  /** The folder it works in and writes to, and no other. */
  readonly archives: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: (line: string) => void;
}

/** apt-get without root, and without a trace outside of one folder. */
export class Apt {
  readonly #confinement: AptConfinement;
  #lists: string | undefined;
  /** What apt-get could not fetch of the lists: only a warning to it, but often the cause. */
  #trouble: string | undefined;

  constructor(confinement: AptConfinement) {
    this.#confinement = confinement;
  }

  /** The files of the packages. Without lists on this system, or with old ones, it fetches its own. */
  async download(packages: readonly string[]): Promise<string[]> {
    try {
      return await this.#tryDownload(packages);
    } catch (error) {
      if (this.#lists !== undefined) throw error;
    }
    await this.#fetchLists();
    try {
      return await this.#tryDownload(packages);
    } catch (error) {
      if (this.#trouble === undefined) throw error;
      throw new Error(`apt-get: ${this.#trouble}`, { cause: error });
    }
  }

  async #tryDownload(packages: readonly string[]): Promise<string[]> {
    const before = new Set(await this.#files());
    await this.#run('download', ...packages);
    return (await this.#files()).filter((file) => !before.has(file));
  }

  async #fetchLists(): Promise<void> {
    this.#confinement.onProgress('fetching the lists of packages');
    this.#lists = path.join(this.#confinement.archives, 'package-lists');
    await mkdir(path.join(this.#lists, 'partial'), { recursive: true });
    const { stderr } = await this.#run('update');
    this.#trouble = /^W: (Failed to fetch .*)$/m.exec(stderr)?.[1];
  }

  async #files(): Promise<string[]> {
    const names = await readdir(this.#confinement.archives);
    return names
      .filter((name) => name.endsWith('.deb'))
      .map((n) => path.join(this.#confinement.archives, n));
  }

  async #run(...command: string[]): Promise<CommandOutput> {
    const configuration = path.join(this.#confinement.archives, 'apt.conf');
    await writeFile(configuration, this.#configuration());
    return runCommand(
      'apt-get',
      ['-q', '-c', configuration, ...command],
      this.#confinement.env,
      this.#confinement.archives,
    );
  }

  #configuration(): string {
    return [
      // As root apt would fetch as a user who may not write here, and warn about it.
      'APT::Sandbox::User "root";',
      `Dir::Cache "${this.#confinement.archives}/cache";`,
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
