import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { withMachineLock } from '../../src/sandbox/machine-lock.ts';

/**
 * Returns `directory`, filled by `build` if nobody has filled it yet. It appears whole or not at
 * all: `build` fills a folder beside it, which takes its name when complete. Of several processes
 * that want it at once, one builds and the others wait for it. `hint` is said before it starts.
 */
export async function buildOnce(
  directory: string,
  build: (target: string) => Promise<void>,
  report: (line: string) => void,
  hint = 'making it now',
): Promise<string> {
  if (existsSync(directory)) return directory;
  return withMachineLock(directory, async () => {
    if (existsSync(directory)) return directory;
    const name = path.basename(directory);
    const started = performance.now();
    report(`${name}: not cached, ${hint}`);
    const partial = `${directory}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    await build(partial);
    await rename(partial, directory);
    report(`${name}: made in ${Math.round((performance.now() - started) / 1000)} s (${directory})`);
    return directory;
  });
}
