import { stringify as toYaml } from 'yaml';

import type { KubeObject } from '../cluster-state.ts';
import type { Negotiated } from './negotiation.ts';
import { apiVersionOf, type ResourceDefinition } from '../objects/resource-definition.ts';
import { ListAnswer } from './list-answer.ts';
import { toPartialMetadata, toTable, type IncludeObject, type ListMeta } from '../table/table.ts';
import type { WatchEventType } from './watch-stream.ts';

/** How a client wants to see what it gets. */
export interface View extends Negotiated {
  include: IncludeObject;
  now: Date;
}

/** An answer in the form the client asked for: as it is, as a table, or its metadata alone. */
export function render(definition: ResourceDefinition, body: unknown, view: View): unknown {
  if (body instanceof ListAnswer) return renderList(definition, body, view);
  if (!isOfKind(body, definition)) return body;
  switch (view.form) {
    case 'object':
      return body;
    case 'metadata':
      return toPartialMetadata(body);
    case 'table': {
      const { resourceVersion } = body.metadata;
      return toTable(definition, [body], { resourceVersion }, view.include, view.now);
    }
  }
}

/** A line of a watch. Tables of a watch have their header in the first line only. */
export function renderEvent(
  definition: ResourceDefinition,
  type: WatchEventType,
  object: KubeObject | Record<string, unknown>,
  view: View,
  isFirst: boolean,
): string {
  return `${JSON.stringify({ type, object: eventObject(definition, type, object, view, isFirst) })}\n`;
}

export function serialize(
  body: unknown,
  { yaml }: Pick<View, 'yaml'>,
): { type: string; text: string } {
  if (yaml) return { type: 'application/yaml', text: toYaml(body) };
  return { type: 'application/json', text: `${JSON.stringify(body)}\n` };
}

function renderList(definition: ResourceDefinition, { listed }: ListAnswer, view: View): unknown {
  const metadata: ListMeta =
    definition.custom && view.form === 'object'
      ? { continue: '', ...listed.metadata }
      : listed.metadata;
  switch (view.form) {
    case 'table':
      return toTable(definition, listed.items, metadata, view.include, view.now);
    case 'metadata':
      return {
        kind: 'PartialObjectMetadataList',
        apiVersion: 'meta.k8s.io/v1',
        metadata,
        items: listed.items.length === 0 ? null : listed.items.map(toPartialMetadata),
      };
    case 'object':
      return {
        kind: definition.listKind,
        apiVersion: apiVersionOf(definition),
        metadata,
        items: definition.custom ? listed.items : listed.items.map(withoutType),
      };
  }
}

function eventObject(
  definition: ResourceDefinition,
  type: WatchEventType,
  object: KubeObject | Record<string, unknown>,
  view: View,
  isFirst: boolean,
): unknown {
  if (type === 'ERROR' || view.form === 'object') return object;
  const known = object as KubeObject;
  if (view.form === 'metadata') return toPartialMetadata(known);
  const { resourceVersion } = known.metadata;
  const include = view.include;
  if (type === 'BOOKMARK') {
    const table = toTable(definition, [], { resourceVersion }, include, view.now, isFirst);
    return {
      ...table,
      rows: [{ cells: definition.columns.map(() => null), object: toPartialMetadata(known) }],
    };
  }
  return toTable(definition, [known], { resourceVersion }, include, view.now, isFirst);
}

/** Items of a list of a built-in kind do not repeat their type. */
function withoutType({ apiVersion: _apiVersion, kind: _kind, ...object }: KubeObject): unknown {
  return object;
}

function isOfKind(body: unknown, { kind }: ResourceDefinition): body is KubeObject {
  return typeof body === 'object' && body !== null && (body as KubeObject).kind === kind;
}
