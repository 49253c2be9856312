import { execFile } from 'node:child_process';
import { copyFile, cp, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { PLAN_VERSION } from '../../src/decide/decide.ts';
import { holdScratchFolder } from '../../src/sandbox/scratch-folder.ts';

/** The controller as it is shipped, built in a place of its own that no other build touches. */
export interface Shipped {
  /** What `node` runs. */
  readonly main: string;
  /** A copy that knows a newer plan: the next version of Linnet, as far as this one can tell. */
  newer(planVersion?: number): Promise<string>;
  remove(): Promise<void>;
}

const ROOT = path.resolve(import.meta.dirname, '../..');

/** It starts in half the time that the sources take: hundreds of starts are worth one build. */
export async function buildShipped(): Promise<Shipped> {
  const scratch = await holdScratchFolder('shipped');
  const folder = scratch.path;
  await copyFile(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  const compiler = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  const project = ['-p', path.join(ROOT, 'tsconfig.build.json'), '--tsBuildInfoFile', 'null'];
  // Types are checked elsewhere, and take their time.
  const into = ['--noCheck', '--outDir', path.join(folder, 'dist'), '--incremental', 'false'];
  await promisify(execFile)(process.execPath, [compiler, ...project, ...into], { cwd: ROOT });
  return {
    main: path.join(folder, 'dist/main.js'),
    async newer(planVersion = PLAN_VERSION + 1) {
      const copy = path.join(folder, `newer-${planVersion}`);
      await cp(path.join(folder, 'dist'), copy, { recursive: true });
      const file = path.join(copy, 'decide/decide.js');
      const text = await readFile(file, 'utf8');
      const [own, next] = [PLAN_VERSION, planVersion].map((n) => `PLAN_VERSION = ${n};`);
      const changed = text.replace(own ?? '', next ?? '');
      if (changed === text) throw new Error(`decide.js does not say ${own} any more`);
      await writeFile(file, changed);
      return path.join(copy, 'main.js');
    },
    remove: () => scratch.stop(),
  };
}
