import type { KubeObject } from '../../ports/cluster.ts';
import { mapAt, numberAt } from './json.ts';

/** A raw pod template; nothing in it is dropped. */
export type Template = Readonly<Record<string, unknown>>;

export function templateOf(deployment: KubeObject): Template {
  return mapAt(deployment, 'spec', 'template');
}

export function replicasOf(deployment: KubeObject): number {
  return numberAt(deployment, 'spec', 'replicas') ?? 1;
}
