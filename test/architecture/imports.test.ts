import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '../../src');

const STAGES = ['watch', 'queue', 'observe', 'judge', 'decide', 'act', 'notify'];

/** Which rooms a room may import, besides itself (DESIGN section 2). */
const ALLOWED: Record<string, readonly string[]> = {
  api: [],
  ports: ['api'],
  processes: [],
  terminal: [],
  ...Object.fromEntries(STAGES.map((stage) => [stage, ['api', 'ports', 'decide']])),
  decide: ['api', 'ports'],
  queue: ['api', 'ports', 'decide', 'processes'],
  adapters: ['api', 'ports'],
  server: ['api', 'ports', 'decide'],
  // Reads a rollout that was, with the eyes of the judge; it decides nothing.
  explain: ['api', 'ports', 'judge', 'terminal'],
  // Judges rollouts that were, by the rules of those that are; it stores and changes nothing.
  backtest: ['api', 'ports', 'judge', 'decide', 'terminal'],
  sandbox: ['api', 'ports', 'processes'],
  'reconcile.ts': ['api', 'ports', 'farewell.ts', 'guard.ts', ...STAGES],
  'farewell.ts': ['api', 'ports', 'decide', 'notify'],
  'guard.ts': ['api', 'ports', 'decide', 'judge'],
  'allowed-hosts.ts': ['ports'],
  'mesh-names.ts': ['ports'],
  'settings.ts': [],
  'config.ts': ['settings.ts', 'allowed-hosts.ts', 'mesh-names.ts', 'api', 'ports'],
  'memory.ts': ['ports'],
};

/** Of `decide`, other stages use the vocabulary only: what a plan means, never how it is made. */
const VOCABULARY = ['observation', 'intent', 'situation', 'gates', 'capacity', 'weights', 'due'];

/** Only these know adapters; they may import anything. */
const COMPOSERS = ['main.ts', 'cli', 'version.ts'];

interface Import {
  file: string;
  room: string;
  target: string;
  targetRoom: string;
}

const imports = sourceFiles(SRC).flatMap(importsOf);

describe('the house', () => {
  it('has rooms that only import what the table allows', () => {
    const wrong = imports.filter(
      ({ room, targetRoom }) =>
        !COMPOSERS.includes(room) &&
        room !== targetRoom &&
        targetRoom !== 'version.ts' &&
        !(ALLOWED[room] ?? []).includes(targetRoom),
    );
    expect(wrong.map(describeImport)).toEqual([]);
  });

  it('lets stages use only the vocabulary of decide', () => {
    const wrong = imports.filter(
      ({ room, target, targetRoom }) =>
        targetRoom === 'decide' &&
        room !== 'decide' &&
        [...STAGES, 'server'].includes(room) &&
        !VOCABULARY.some((name) => target === `decide/${name}.ts`),
    );
    expect(wrong.map(describeImport)).toEqual([]);
  });

  it('keeps adapters apart', () => {
    const adapterOf = (path: string) => path.split('/')[1];
    const wrong = imports.filter(
      ({ file, room, target, targetRoom }) =>
        room === 'adapters' && targetRoom === 'adapters' && adapterOf(file) !== adapterOf(target),
    );
    expect(wrong.map(describeImport)).toEqual([]);
  });

  it('gives the API no dependency but zod', () => {
    const packages = sourceFiles(join(SRC, 'api'))
      .flatMap((file) => specifiersOf(readFileSync(file, 'utf8')))
      .filter((specifier) => !specifier.startsWith('.'));
    expect([...new Set(packages)]).toEqual(['zod']);
  });

  it('has no drawers', () => {
    const drawers = /(^|\/)(utils?|helpers?|common|types|lib|misc)(\.ts)?(\/|$)/;
    const found = sourceFiles(SRC)
      .map((file) => relative(SRC, file))
      .filter((f) => drawers.test(f));
    expect(found).toEqual([]);
  });

  it('knows every room of the table', () => {
    const rooms = new Set(sourceFiles(SRC).map((file) => roomOf(relative(SRC, file))));
    const unknown = [...rooms].filter((room) => !(room in ALLOWED) && !COMPOSERS.includes(room));
    expect(unknown).toEqual([]);
  });
});

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(
      (entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'),
    )
    .map((entry) => join(entry.parentPath, entry.name));
}

function importsOf(path: string): Import[] {
  const file = relative(SRC, path);
  return specifiersOf(readFileSync(path, 'utf8'))
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => relative(SRC, join(dirname(path), specifier)))
    .map((target) => ({ file, room: roomOf(file), target, targetRoom: roomOf(target) }));
}

function specifiersOf(source: string): string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g;
  return [...source.matchAll(pattern)].flatMap((match) =>
    match.slice(1).filter((part) => part !== undefined),
  );
}

function roomOf(file: string): string {
  return file.split('/')[0] ?? file;
}

function describeImport({ file, target }: Import): string {
  return `${file} imports ${target}`;
}
