import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { downloadModule } from './go-build.ts';

/** Where a project publishes its CustomResourceDefinitions: files of a Go module. */
export interface CrdSource {
  module: string;
  version: string;
  /** Which files of the module, by path. */
  files: RegExp;
}

/** Writes `crds.yaml` into `target`: all definitions of the source, one YAML document each. */
export async function collectCrds(source: CrdSource, target: string): Promise<void> {
  const directory = await downloadModule(source.module, source.version);
  const files = await readdir(directory, { recursive: true });
  const chosen = files.filter((file) => source.files.test(file)).sort();
  if (chosen.length === 0) {
    throw new Error(`${source.module} v${source.version} holds no file like ${source.files}`);
  }
  const documents = await Promise.all(
    chosen.map((file) => readFile(path.join(directory, file), 'utf8')),
  );
  await writeFile(path.join(target, 'crds.yaml'), documents.join('\n---\n'));
}
