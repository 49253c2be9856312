import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { chartValues, leaves } from '../../scripts/generated/chart-values.ts';
import { parseCanary } from '../../src/api/parse.ts';
import { SETTINGS, variableOf } from '../../src/settings.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...['docs', 'examples'].flatMap(pagesIn),
];

it.each(pages)('%s leads only to what is there', (page) => {
  const links = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '');
  const broken = links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => !leads(page, link));
  expect(broken).toEqual([]);
});

it.each(pages)('%s names values of the chart that there are', (page) => {
  const known = new Set(leaves(chartValues()).map((value) => value.path.join('.')));
  const named = [...textOf(page).matchAll(/--set '?([a-zA-Z.]+)=/g)].map(([, name]) => name ?? '');
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

it.each(pages)('%s names variables that there are', (page) => {
  const known = new Set([...SETTINGS.map(({ name }) => variableOf(name)), 'LINNET_CACHE_DIR']);
  const named = textOf(page).match(/\bLINNET_[A-Z_]+\b/g) ?? [];
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

it.each(pages)('%s shows Canaries that are in order', (page) => {
  const problems = canariesIn(page).flatMap((canary) => {
    const read = parseCanary(withServerFields(canary));
    return read.ok ? [] : read.problems;
  });
  expect(problems).toEqual([]);
});

it('the guides show Canaries at all', () => {
  expect(pages.flatMap(canariesIn).length).toBeGreaterThan(1);
});

it('every value of the chart says what it means', () => {
  const silent = leaves(chartValues()).filter(({ meaning }) => meaning === '');
  expect(silent.map((value) => value.path.join('.'))).toEqual([]);
});

function pagesIn(folder: string): string[] {
  const root = path.join(ROOT, folder);
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join(folder, name));
}

function textOf(page: string): string {
  return readFileSync(path.join(ROOT, page), 'utf8');
}

/** To a file or a folder, and there to a heading if the link names one. */
function leads(page: string, link: string): boolean {
  const [file = '', heading] = link.split('#');
  const target = file === '' ? page : path.join(path.dirname(page), file);
  if (!existsSync(path.join(ROOT, target))) return false;
  return heading === undefined || headingsOf(target).includes(heading);
}

function headingsOf(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

interface Manifest {
  apiVersion?: string;
  kind?: string;
  metadata?: object;
}

function canariesIn(page: string): Manifest[] {
  const blocks = [...textOf(page).matchAll(/^```yaml\n([\s\S]*?)^```/gm)];
  return blocks
    .flatMap(([, text]) => parseAllDocuments(text ?? ''))
    .map((document) => document.toJSON() as Manifest | null)
    .filter((object) => object !== null)
    .filter(({ apiVersion, kind }) => apiVersion?.startsWith('linnet.dev/') && kind === 'Canary');
}

/** What a manifest need not have and an object of the API server always has. */
function withServerFields(canary: Manifest): Manifest {
  const metadata = { namespace: 'default', uid: 'u', resourceVersion: '1', generation: 1 };
  return { ...canary, metadata: { ...metadata, ...canary.metadata } };
}
