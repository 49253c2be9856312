import type { KubeObject } from '../../../src/ports/cluster.ts';
import type { AuditEntry } from './audit-log.ts';

/** A write that the API server carried out, and the object as it was after it. */
export interface Write {
  readonly verb: 'create' | 'update' | 'patch' | 'delete';
  readonly resource: string;
  /** With the subresource, such as `canaries/status`. */
  readonly what: string;
  readonly name: string;
  readonly object: WrittenObject;
  /** What was sent: a whole object, or a patch. */
  readonly sent: unknown;
}

export interface WrittenObject extends KubeObject {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** What a user asked of the API server, watches left out, in the order in which it came in. */
export function requestsOf(entries: readonly AuditEntry[], user: string): AuditEntry[] {
  return entries
    .filter((entry) => entry.user === user && entry.stage !== 'ResponseStarted')
    .filter(({ verb }) => verb !== 'watch')
    .toSorted((a, b) => (a.requestReceivedTimestamp < b.requestReceivedTimestamp ? -1 : 1));
}

/** The writes among them in one namespace that changed something; dry runs change nothing. */
export function writesIn(requests: readonly AuditEntry[], namespace: string): Write[] {
  return requests
    .filter((entry) => entry.namespace === namespace && entry.code < 300)
    .filter(({ verb, requestURI }) => WRITES.has(verb) && !requestURI.includes('dryRun='))
    .map((entry) => ({
      verb: entry.verb as Write['verb'],
      resource: entry.resource,
      what: [entry.resource, entry.subresource].filter((part) => part !== '').join('/'),
      name: entry.name || (entry.responseObject as KubeObject | undefined)?.metadata?.name || '',
      object: entry.responseObject as WrittenObject,
      sent: entry.requestObject,
    }));
}

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete']);
