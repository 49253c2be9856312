import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildOnce } from '../../scripts/cluster/build-once.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'linnet-build-once-'));
});
afterEach(() => rm(directory, { recursive: true }));

const silent = () => undefined;

test('of several that want it at once, one builds and all get it whole', async () => {
  const entry = path.join(directory, 'tool-1.0');
  let builds = 0;
  const build = async (target: string) => {
    builds += 1;
    await writeFile(path.join(target, 'half'), '');
    expect(existsSync(entry)).toBe(false);
    await writeFile(path.join(target, 'tool'), 'whole');
  };
  const wanted = [1, 2, 3, 4].map(() => buildOnce(entry, build, silent));
  expect(await Promise.all(wanted)).toEqual([entry, entry, entry, entry]);
  expect(await readFile(path.join(entry, 'tool'), 'utf8')).toBe('whole');
  expect(builds).toBe(1);
});

test('a failed build leaves nothing, and whoever waited for it builds anew', async () => {
  const entry = path.join(directory, 'tool-1.0');
  const fail = async (target: string) => {
    await writeFile(path.join(target, 'rubbish'), '');
    throw new Error('no compiler');
  };
  const succeed = (target: string) => writeFile(path.join(target, 'tool'), 'whole');
  const failed = buildOnce(entry, fail, silent);
  const waited = buildOnce(entry, succeed, silent);
  await expect(failed).rejects.toThrow('no compiler');
  await waited;
  expect(existsSync(path.join(entry, 'rubbish'))).toBe(false);
  expect(existsSync(path.join(entry, 'tool'))).toBe(true);
});

test('what is there is not built again', async () => {
  const entry = path.join(directory, 'tool-1.0');
  const lines: string[] = [];
  const report = (line: string) => lines.push(line);
  await buildOnce(entry, async () => undefined, report);
  expect(lines[0]).toBe('tool-1.0: not cached, making it now');
  expect(lines[1]).toMatch(/^tool-1\.0: made in \d+ s/);
  await buildOnce(entry, () => Promise.reject(new Error('built again')), report);
  expect(lines).toHaveLength(2);
});
