import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** One request of the controller, as the API server itself tells it. */
export interface ApiRequest {
  /** As Kubernetes names it: get, list, watch, create, update, patch, delete. */
  readonly verb: string;
  /** `canaries/status`. */
  readonly resource: string;
}

/**
 * What Linnet and the bench ask for, who are administrators here, and nothing of what was sent:
 * writing down whole objects, or what Kubernetes' own controllers do, costs the server.
 */
export const METADATA_ONLY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived', 'ResponseStarted'],
  rules: [{ level: 'Metadata', users: ['test:admin'] }, { level: 'None' }],
};

/** Reads the API server's audit log as it grows; only what the user agent fits is kept. */
export function readAuditLog(file: string, userAgent: RegExp): () => readonly ApiRequest[] {
  const found: ApiRequest[] = [];
  let position = 0;
  return () => {
    const fresh = completeLines(file, position);
    position += fresh.length;
    for (const line of fresh.toString('utf8').split('\n')) {
      const request = line === '' ? undefined : requestIn(line, userAgent);
      if (request !== undefined) found.push(request);
    }
    return found;
  };
}

interface RawEvent {
  readonly verb: string;
  readonly userAgent?: string;
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string };
}

function requestIn(line: string, wanted: RegExp): ApiRequest | undefined {
  const { verb, userAgent = '', objectRef = {} } = JSON.parse(line) as RawEvent;
  if (!wanted.test(userAgent)) return undefined;
  const { resource = '', subresource } = objectRef;
  return { verb, resource: subresource === undefined ? resource : `${resource}/${subresource}` };
}

/** From byte `from` to the last line break, a quarter of a gigabyte at most. */
function completeLines(file: string, from: number): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(Math.min(MOST_BYTES, fstatSync(descriptor).size - from));
    const read = readSync(descriptor, buffer, 0, buffer.length, from);
    return buffer.subarray(0, buffer.lastIndexOf('\n', read - 1) + 1);
  } finally {
    closeSync(descriptor);
  }
}

const MOST_BYTES = 256 * 1024 * 1024;
