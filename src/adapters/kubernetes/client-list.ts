import type { KubeObject, ObjectList, ResourceKind } from '../../ports/cluster.ts';
import { ClusterError } from '../../ports/cluster.ts';
import { apiVersionOf } from '../../ports/kinds.ts';
import type { Query } from './client-paths.ts';

const PAGE = '500';
const RESTARTS = 2;

/** Asks for one page and gives the answer's JSON. */
export type FetchPage = (query: Query) => Promise<unknown>;

/**
 * All pages of a list, as of one resourceVersion. A list whose continuation has expired starts
 * over, in the end without pages.
 */
export async function allPages(fetchPage: FetchPage): Promise<RawList> {
  for (let restarts = 0; ; restarts++) {
    try {
      return await pagesFrom(fetchPage, restarts < RESTARTS ? PAGE : undefined);
    } catch (error) {
      const expired = error instanceof ClusterError && error.code === 410;
      if (!expired || restarts === RESTARTS) throw error;
    }
  }
}

export interface RawList {
  readonly resourceVersion: string;
  readonly items: readonly KubeObject[];
}

async function pagesFrom(fetchPage: FetchPage, limit: string | undefined): Promise<RawList> {
  let page = listOf(await fetchPage({ limit }));
  const items = [...(page.items ?? [])];
  while (page.metadata?.continue) {
    page = listOf(await fetchPage({ limit, continue: page.metadata.continue }));
    for (const item of page.items ?? []) items.push(item);
  }
  return { resourceVersion: page.metadata?.resourceVersion ?? '', items };
}

interface Page {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  /** Go writes an empty list as null. */
  readonly items?: readonly KubeObject[] | null;
}

function listOf(json: unknown): Page {
  if (typeof json === 'object' && json !== null && 'items' in json) return json as Page;
  throw new ClusterError('LIST: the answer is not a list', { code: 0, reason: 'NoAnswer' });
}

/** Items of lists lack apiVersion and kind where the list has them, and partial ones name another. */
export function listed(kind: ResourceKind, list: RawList, metadataOnly: boolean): ObjectList {
  const complete = objectOf(kind, metadataOnly);
  return { resourceVersion: list.resourceVersion, items: list.items.map(complete) };
}

/** The object under its own kind, with nothing but its metadata where that was asked for. */
export function objectOf(
  kind: ResourceKind,
  metadataOnly: boolean,
): (object: KubeObject) => KubeObject {
  const type = { apiVersion: apiVersionOf(kind), kind: kind.kind };
  return (object) =>
    metadataOnly ? { ...type, metadata: object.metadata } : { ...object, ...type };
}

const PARTIAL = 'g=meta.k8s.io;v=v1';

/** Servers that cannot send partial objects send whole ones, which are cut on arrival. */
export function acceptHeader(
  metadataOnly: boolean,
  as: 'PartialObjectMetadataList' | 'PartialObjectMetadata',
): string {
  return metadataOnly
    ? `application/json;as=${as};${PARTIAL},application/json`
    : 'application/json';
}
