import type { Program } from '../../src/processes/program.ts';
import { unpackPackages } from '../../src/sandbox/debian-packages.ts';
import { findOnPath } from '../../src/sandbox/programs.ts';
import { cachedCopy } from './cache.ts';

export interface DebianTool {
  readonly program: string;
  readonly packageName: string;
  /** What its private copy is called in the cache; the package's name without it. */
  readonly entry?: string;
}

/**
 * A program that is installed here, or else a private copy out of the distribution's package: a newer
 * release brings a newer one, under another name. @throws Error with a sentence that says what to install.
 */
export async function provideTool(
  { program, packageName, entry = packageName }: DebianTool,
  report: (line: string) => void,
): Promise<Program> {
  const installed = findOnPath(program, process.env);
  if (installed !== undefined) return { path: installed, env: {} };
  if (findOnPath('apt-get', process.env) === undefined) {
    throw new Error(`${program} is missing: install it (Debian calls the package ${packageName})`);
  }
  return unpackPackages({
    program,
    packages: [packageName],
    into: cachedCopy(entry),
    env: process.env,
    onProgress: report,
  });
}
