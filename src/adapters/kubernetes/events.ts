import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Canary } from '../../api/canary.ts';
import { API_VERSION, CANARIES } from '../../api/group.ts';
import type { ApiClient, KubeObject } from '../../ports/cluster.ts';
import { ClusterError } from '../../ports/cluster.ts';
import { EVENT } from '../../ports/kinds.ts';

export interface EventText {
  /** Number of the message, which makes the event's name. */
  readonly n: number;
  readonly type: 'Normal' | 'Warning';
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
  /** RFC 3339. */
  readonly at: string;
}

/** The API server takes no longer ones. */
const LONGEST_MESSAGE = 1024;
const LONGEST_NAME = 253;

/**
 * Writes the event that `kubectl describe canary` shows. Its name follows from canary and number,
 * so that a second write finds it there already: delivered. Rejects with a `ClusterError`.
 */
export async function createEvent(api: ApiClient, canary: Canary, event: EventText): Promise<void> {
  try {
    await api.create(EVENT, eventOf(canary, event));
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  }
}

function eventOf({ metadata }: Canary, { n, type, reason, message, at }: EventText): KubeObject {
  const { namespace, name, uid, resourceVersion } = metadata;
  // Kubernetes' own format for these two has no fractions.
  const time = `${new Date(at).toISOString().slice(0, 19)}Z`;
  return {
    apiVersion: 'v1',
    kind: EVENT.kind,
    metadata: { name: eventName(name, uid, n), namespace },
    involvedObject: {
      apiVersion: API_VERSION,
      kind: CANARIES.kind,
      namespace,
      name,
      uid,
      resourceVersion,
    },
    type,
    reason,
    message:
      message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE - 1)}…` : message,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    source: { component: 'linnet' },
    reportingComponent: 'linnet.dev/controller',
    reportingInstance: hostname(),
  };
}

/** `<canary>.<uid, shortened>.<n>` */
function eventName(canary: string, uid: string, n: number): string {
  const short = createHash('sha256').update(uid).digest('hex').slice(0, 10);
  const end = `.${short}.${n}`;
  return `${canary.slice(0, LONGEST_NAME - end.length).replace(/[.-]+$/, '')}${end}`;
}

function isAlreadyThere(error: unknown): boolean {
  return error instanceof ClusterError && error.reason === 'AlreadyExists';
}
