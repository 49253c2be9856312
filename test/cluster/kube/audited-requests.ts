import { growingLines } from './growing-lines.ts';

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
  const lines = growingLines(file);
  return () => {
    for (const line of lines()) {
      const request = requestIn(line, userAgent);
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
