import type { KubeObject } from '../cluster-state.ts';
import type { ResourceDefinition } from '../objects/resource-definition.ts';

/** How much of each object a row of a table carries along. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface ListMeta {
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: number;
}

/** A `meta.k8s.io/v1` Table, the form in which kubectl asks for what it prints. */
export function toTable(
  definition: ResourceDefinition,
  objects: readonly KubeObject[],
  metadata: ListMeta,
  include: IncludeObject,
  now: Date,
  withHeader = true,
): Record<string, unknown> {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: withHeader
      ? definition.columns.map(({ cell: _cell, ...column }) => column)
      : null,
    rows: objects.map((object) => ({
      cells: definition.columns.map((column) => column.cell(object, now) ?? null),
      object: carried(object, include),
    })),
  };
}

export function toPartialMetadata(object: KubeObject): Record<string, unknown> {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: object.metadata,
  };
}

function carried(object: KubeObject, include: IncludeObject): unknown {
  if (include === 'Object') return object;
  return include === 'Metadata' ? toPartialMetadata(object) : null;
}
