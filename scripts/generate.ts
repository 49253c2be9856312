import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apiReference } from './generated/api-reference.ts';
import { chartReference } from './generated/chart-reference.ts';
import { chartSchema } from './generated/chart-schema.ts';
import { configurationReference } from './generated/configuration-reference.ts';
import { crdFiles } from './generated/crds.ts';
import type { GeneratedFile } from './generated/file.ts';
import { metricsReference } from './generated/metrics-reference.ts';
import { recordingRuleFiles } from './generated/recording-rules.ts';

/**
 * `npm run generate` writes every file that is made from the sources; with `--check` it writes
 * nothing, names the files that differ and fails if there are any.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));

const files: GeneratedFile[] = [
  ...crdFiles(),
  ...(await chartSchema()),
  ...(await apiReference()),
  ...(await chartReference()),
  ...(await configurationReference()),
  ...(await metricsReference()),
  ...recordingRuleFiles(),
];

const changed = files.filter((file) => current(file) !== file.content);
if (process.argv.includes('--check')) {
  for (const { path } of changed) console.error(`${path} is not what its sources say`);
  if (changed.length > 0) console.error('Run `npm run generate` and commit the result.');
  process.exitCode = changed.length > 0 ? 1 : 0;
} else {
  for (const file of changed) write(file);
  console.log(`${changed.length} of ${files.length} generated files changed`);
}

function current({ path }: GeneratedFile): string | undefined {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function write({ path, content }: GeneratedFile): void {
  mkdirSync(dirname(join(ROOT, path)), { recursive: true });
  writeFileSync(join(ROOT, path), content);
  console.log(`wrote ${path}`);
}
