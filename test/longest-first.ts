import path from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** In minutes what others take in seconds. */
const LONG = ['weather.test.ts', 'chaos.test.ts', 'flagger.test.ts', 'secrets.test.ts'];

/**
 * Of each project whose files run side by side, those that take longest begin first: at the end nobody
 * waits for one alone.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort(files);
    return usual.toSorted((a, b) => groupOf(a) - groupOf(b) || placeOf(a) - placeOf(b));
  }
}

function groupOf({ project }: TestSpecification): number {
  return project.config.sequence.groupOrder;
}

function placeOf({ moduleId, project }: TestSpecification): number {
  if (project.config.maxWorkers === 1) return 0;
  const place = LONG.indexOf(path.basename(moduleId));
  return place === -1 ? LONG.length : place;
}
