import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../..');
const manifest = JSON.parse(read('package.json')) as {
  bin: Record<string, string>;
  dependencies: Record<string, string>;
};
const steps = dockerfileSteps();
const copied = steps
  .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from='))
  .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1));

describe('the image', () => {
  it('copies what is there, and what its build is shown', () => {
    expect(copied.filter((source) => !existsSync(path.join(ROOT, source)))).toEqual([]);
    const shown = read('.dockerignore')
      .split('\n')
      .flatMap((line) => /^!(.+)$/.exec(line)?.[1] ?? []);
    expect(new Set(copied)).toEqual(new Set(shown));
  });

  it('has all that the configuration of the compiler refers to', () => {
    for (const source of ['package.json', 'package-lock.json', 'src', ...compilerFiles()]) {
      expect(copied).toContain(source);
    }
  });

  it('runs the program of the package, as nobody in particular', () => {
    const final = steps.slice(steps.findLastIndex(({ word }) => word === 'FROM'));
    const last = (word: string) => final.findLast((step) => step.word === word)?.rest;
    const entry = JSON.parse(last('ENTRYPOINT') ?? '[]') as string[];
    expect([entry[0], entry.at(-1)]).toEqual(['node', `/app/${manifest.bin['linnet']}`]);
    expect(entry.slice(1, -1).every((flag) => flag.startsWith('--'))).toBe(true);
    expect(last('CMD')).toBe('["run"]');
    expect(last('USER')).toMatch(/^[1-9]\d+:[1-9]\d+$/);
    expect(last('FROM')).toMatch(/^node:24-/);
  });

  it('is told the same user as the chart asks for', () => {
    const user = steps.findLast(({ word }) => word === 'USER')?.rest;
    const [, uid] = /runAsUser: (\d+)/.exec(read('charts/linnet/values.yaml')) ?? [];
    expect(user).toBe(`${uid}:${uid}`);
  });

  it('has every package that the sources import', () => {
    const packages = new Set(sources().flatMap(packagesOf));
    const missing = [...packages].filter((name) => !(name in manifest.dependencies));
    expect(packages).toContain('bullmq');
    expect(missing).toEqual([]);
  });
});

interface Step {
  word: string;
  rest: string;
}

function dockerfileSteps(): Step[] {
  return read('Dockerfile')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .flatMap((line) => {
      const [, word, rest] = /^([A-Z]+)\s+(.+)$/.exec(line) ?? [];
      return word === undefined || rest === undefined ? [] : [{ word, rest }];
    });
}

/** tsconfig.build.json, and what it extends. */
function compilerFiles(): string[] {
  const build = 'tsconfig.build.json';
  const { extends: base } = JSON.parse(read(build)) as { extends: string };
  return [build, path.normalize(base)];
}

function sources(): string[] {
  return readdirSync(path.join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter(({ name }) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map(({ parentPath, name }) => path.relative(ROOT, path.join(parentPath, name)));
}

/** Packages outside the tree, types apart: `@slack/webhook`, not `@slack/webhook/dist`. */
function packagesOf(file: string): string[] {
  const imports =
    /(?:^|\n)(?:import|export)\s(?!type\s)[^;]*?from\s+'([^']+)'|import\('([^']+)'\)/g;
  return [...read(file).matchAll(imports)]
    .map(([, still, late]) => still ?? late ?? '')
    .filter((name) => !name.startsWith('.') && !isBuiltin(name))
    .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
}

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}
