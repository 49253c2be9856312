import { watch } from 'node:fs';
import { growingLines } from './growing-lines.ts';

/**
 * One event of the API server's own log. A request gives one event a stage: `ResponseComplete`,
 * before it `ResponseStarted` for watches, or `Panic`.
 */
export interface AuditEntry {
  auditID: string;
  stage: 'ResponseStarted' | 'ResponseComplete' | 'Panic';
  verb: string;
  requestURI: string;
  user: string;
  userAgent: string;
  /** Empty for requests that are not about a resource, and for the core group. */
  apiGroup: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  /** HTTP status. */
  code: number;
  /** RFC 3339 with microseconds. */
  requestReceivedTimestamp: string;
  stageTimestamp: string;
  /** Only for writes to the resources that the policy logs in full. */
  requestObject: unknown;
  responseObject: unknown;
}

export interface AuditLog {
  /** All events so far, oldest first. */
  entries(): AuditEntry[];
  /** Waits until an event satisfies `predicate`: a response may arrive before its event does. */
  until(predicate: (entry: AuditEntry) => boolean, timeoutMs?: number): Promise<AuditEntry>;
}

/** What the API server is to log: who did what, and the content of writes that Linnet may make. */
export const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  omitManagedFields: true,
  rules: [
    { level: 'None', users: ['system:apiserver', 'test:kubelet'] },
    {
      level: 'RequestResponse',
      verbs: ['create', 'update', 'patch', 'delete'],
      resources: [
        {
          group: 'apps',
          resources: ['deployments', 'deployments/*', 'daemonsets', 'daemonsets/*'],
        },
        { group: '', resources: ['services', 'events'] },
        { group: 'events.k8s.io', resources: ['events'] },
        { group: 'networking.istio.io' },
        { group: 'gateway.networking.k8s.io' },
        { group: 'autoscaling' },
        { group: 'keda.sh' },
        { group: 'linnet.dev' },
      ],
    },
    { level: 'Metadata' },
  ],
};

export function openAuditLog(file: string): AuditLog {
  const parsed: AuditEntry[] = [];
  const lines = growingLines(file);

  function entries(): AuditEntry[] {
    for (const line of lines()) parsed.push(parseEntry(line));
    return [...parsed];
  }

  async function until(
    predicate: (entry: AuditEntry) => boolean,
    timeoutMs = 10_000,
  ): Promise<AuditEntry> {
    return new Promise((resolve, reject) => {
      const watcher = watch(file, look);
      const timer = setTimeout(() => {
        watcher.close();
        reject(new Error(`no such event in the API server's audit log within ${timeoutMs} ms`));
      }, timeoutMs);
      look();

      function look(): void {
        const found = entries().find(predicate);
        if (found === undefined) return;
        clearTimeout(timer);
        watcher.close();
        resolve(found);
      }
    });
  }
  return { entries, until };
}

interface RawEvent {
  auditID: string;
  stage: AuditEntry['stage'];
  verb: string;
  requestURI: string;
  user?: { username?: string };
  userAgent?: string;
  objectRef?: {
    apiGroup?: string;
    resource?: string;
    subresource?: string;
    namespace?: string;
    name?: string;
  };
  responseStatus?: { code?: number };
  requestReceivedTimestamp: string;
  stageTimestamp: string;
  requestObject?: unknown;
  responseObject?: unknown;
}

function parseEntry(line: string): AuditEntry {
  const event = JSON.parse(line) as RawEvent;
  const { apiGroup = '', resource = '', subresource = '' } = event.objectRef ?? {};
  return {
    auditID: event.auditID,
    stage: event.stage,
    verb: event.verb,
    requestURI: event.requestURI,
    user: event.user?.username ?? '',
    userAgent: event.userAgent ?? '',
    apiGroup,
    resource,
    subresource,
    namespace: event.objectRef?.namespace ?? '',
    name: event.objectRef?.name ?? '',
    code: event.responseStatus?.code ?? 0,
    requestReceivedTimestamp: event.requestReceivedTimestamp,
    stageTimestamp: event.stageTimestamp,
    requestObject: event.requestObject,
    responseObject: event.responseObject,
  };
}
