import type { KubeObject, ResourceKind } from '../../src/ports/cluster.ts';
import {
  CANARY_KIND,
  CONTROLLER_REVISION,
  DEPLOYMENT,
  DESTINATION_RULE,
  SERVICE,
  VIRTUAL_SERVICE,
} from '../../src/ports/kinds.ts';
import { REVISIONS } from './workload.ts';

/** A place in the small cluster in which one object stands, or none. */
export interface Slot {
  readonly kind: ResourceKind;
  readonly name: string;
  /** Objects of one group reach a replica's local store by one watch. */
  readonly group: Group;
}

/** The Canary; workloads and what is pinned; what routes traffic. */
export type Group = 0 | 1 | 2;
export const GROUPS: readonly Group[] = [0, 1, 2];
export const GROUP_NAMES = ['Canary', 'workloads', 'routes'] as const;

export const CANARY = 0;
export const TARGET = 1;
export const PRIMARY = 2;
export const ROUTES = 3;
/** The first of the three Services: apex, `-primary`, `-canary`. */
export const APEX = 4;
/** The first of the pinned revisions. */
export const PINNED = 9;

export const SLOTS: readonly Slot[] = [
  { kind: CANARY_KIND, name: 'web', group: 0 },
  { kind: DEPLOYMENT, name: 'web', group: 1 },
  { kind: DEPLOYMENT, name: 'web-primary', group: 1 },
  { kind: VIRTUAL_SERVICE, name: 'front', group: 2 },
  { kind: SERVICE, name: 'web', group: 2 },
  { kind: SERVICE, name: 'web-primary', group: 2 },
  { kind: SERVICE, name: 'web-canary', group: 2 },
  { kind: DESTINATION_RULE, name: 'web-primary', group: 2 },
  { kind: DESTINATION_RULE, name: 'web-canary', group: 2 },
  ...REVISIONS.map(({ name }) => ({
    kind: CONTROLLER_REVISION,
    name: `web-${name}`,
    group: 1 as const,
  })),
];

/** Whose `spec` and metadata Linnet writes under a fence. */
export const FENCED_SLOTS: readonly number[] = SLOTS.flatMap((_, slot) =>
  slot === CANARY || slot >= PINNED ? [] : [slot],
);

export function slotOf(kind: Pick<ResourceKind, 'kind'>, name: string): number | undefined {
  const slot = SLOTS.findIndex((one) => one.kind.kind === kind.kind && one.name === name);
  return slot < 0 ? undefined : slot;
}

export function slotOfObject({ kind, metadata }: KubeObject): number | undefined {
  return slotOf({ kind }, metadata.name);
}

export function slotText(slot: number): string {
  const { kind, name } = SLOTS[slot]!;
  return `${kind.kind} ${name}`;
}
