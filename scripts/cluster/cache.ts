import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder, platform } from '../../src/sandbox/programs.ts';

/** Where a version of something that was built or fetched is kept. */
export function cached(name: string, version: string): string {
  return path.join(cluster(), `${name}-${version}`);
}

/** Where the private copy of a distribution's package is kept. */
export function cachedCopy(name: string): string {
  return cached(name, platform());
}

/** Folders of every Kubernetes that was built before, whichever version it is. */
export function builtKubernetes(): string[] {
  if (!existsSync(cluster())) return [];
  const entries = readdirSync(cluster()).filter((entry) => entry.startsWith('kubernetes-'));
  return entries.map((entry) => path.join(cluster(), entry));
}

function cluster(): string {
  return path.join(cacheFolder(), 'cluster');
}
