import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../ports/cluster.ts';
import { CANARY_KIND, CONFIG_MAP, DAEMON_SET, DEPLOYMENT, SECRET } from '../ports/kinds.ts';
import type { Change } from './store.ts';

/**
 * Whether anything changed that Linnet reads: not versions, managed fields, statuses of others,
 * timestamps. Our own writes of status are not, or each would wake us to write the next.
 */
export function isRelevant({ kind, before, after }: Change): boolean {
  if (before === undefined || after === undefined) return true;
  if (before.metadata.uid !== after.metadata.uid) return true;
  // Of these only metadata is known: a new version is all that shows a change.
  if (kind.kind === CONFIG_MAP.kind || kind.kind === SECRET.kind) return true;
  return hasLostPlan(before, after) || !isDeepStrictEqual(readPart(before), readPart(after));
}

/** Somebody took away the status of a Canary: all that is known of its rollout. */
function hasLostPlan(before: KubeObject, after: KubeObject): boolean {
  const isCanary = after.kind === CANARY_KIND.kind;
  return isCanary && before['status'] !== undefined && after['status'] === undefined;
}

/** The part of an object that decisions rest on. */
function readPart(object: KubeObject): unknown {
  const { metadata, status, ...content } = object;
  const { labels, annotations, ownerReferences, deletionTimestamp } = metadata;
  return {
    ...content,
    labels,
    annotations: withoutNoise(annotations),
    ownerReferences,
    deletionTimestamp,
    status: STATUS_READ.has(object.kind) ? withoutTimes(status) : undefined,
  };
}

/** Kinds whose status tells how many pods are ready. */
const STATUS_READ: ReadonlySet<string> = new Set([DEPLOYMENT.kind, DAEMON_SET.kind]);

/** Annotations that controllers renew without anything having changed. */
const NOISE: ReadonlySet<string> = new Set([
  'endpoints.kubernetes.io/last-change-trigger-time',
  'control-plane.alpha.kubernetes.io/leader',
  'autoscaling.alpha.kubernetes.io/conditions',
  'autoscaling.alpha.kubernetes.io/current-metrics',
]);

function withoutNoise(annotations: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !NOISE.has(name)));
}

const TIMES: ReadonlySet<string> = new Set([
  'lastUpdateTime',
  'lastTransitionTime',
  'lastProbeTime',
  'lastHeartbeatTime',
]);

function withoutTimes(status: unknown): unknown {
  if (Array.isArray(status)) return status.map(withoutTimes);
  if (typeof status !== 'object' || status === null) return status;
  const kept = Object.entries(status).filter(([name]) => !TIMES.has(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutTimes(value)]));
}
