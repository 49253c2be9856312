import { versionWorkloads } from '../adapters/kubernetes/version-workloads.ts';
import { PrometheusError } from '../adapters/prometheus/errors.ts';
import type { Past, Window } from '../adapters/prometheus/past.ts';
import type { Canary } from '../api/canary.ts';
import { endedRollout } from '../explain/ended-rollout.ts';
import { isUnread, type Known, type Unread } from '../explain/known.ts';
import { MOST_LAG_MS, type ReplaySpan, replaySpan } from '../explain/replay.ts';
import { type Pinned, pinnedOf } from '../judge/guard/pins.ts';
import { ClusterError } from '../ports/cluster.ts';
import type { WorkloadNames } from '../ports/telemetry.ts';
import { askMetric, type ReadPast, type Sources } from './explain-metric.ts';

/** Reads what the case of a Canary's rollout is made of. Rejects where the cluster does not answer. */
export async function readKnown(canary: Canary, sources: Sources): Promise<Known> {
  const { api, past, now } = sources;
  const { span, window } = timesOf(canary, now);
  const workloads = await workloadsOf(canary, api);
  const names = isUnread(workloads) ? undefined : workloads;
  const read = isUnread(workloads)
    ? workloads
    : await readPast(past, canary, span ?? (window && edgesOf(window)), names);
  const metrics = canary.spec.analysis.metrics;
  return {
    canary,
    now,
    ...(names && { workloads: [...names.canary, ...names.primary] }),
    store: past.server,
    counted: isUnread(read) ? read : span && read?.counted.span,
    keptFrom: isUnread(read) ? undefined : read?.keptFrom,
    asked: await Promise.all(
      metrics.map((metric) =>
        askMetric(canary, metric, { ...sources, read, window, workloads: names }),
      ),
    ),
  };
}

/** What to replay, and what a check at the end of it would have looked at. */
function timesOf(canary: Canary, now: number) {
  const ended = canary.status && endedRollout(canary.status);
  const pinned = pinnedOf(canary.status?.guard);
  const span = pinned && replaySpan(pinned, now, ended && Date.parse(ended.endedAt));
  // Without what the guard pins, nobody knows when the last check of a rollout that is over was.
  const isUnknown = span === undefined && ended !== undefined;
  return { span, window: isUnknown ? undefined : windowOf(canary, pinned, span, now) };
}

/** What a check at the end of the comparison would have looked at, by the store's clock. */
function windowOf(
  { status }: Canary,
  pinned: Pinned | undefined,
  span: ReplaySpan | undefined,
  now: number,
): Window {
  const until = span?.to ?? Math.floor((now - MOST_LAG_MS) / EDGE_MS) * EDGE_MS;
  const edgeMs = span?.edgeMs ?? EDGE_MS;
  const { index, carriedAt } = lastStep(status, pinned, until);
  // As the checks of a first step do: what came before it may lie in the first sample.
  const since = index === 1 ? carriedAt + edgeMs : carriedAt;
  return { since: Math.min(since, until - EDGE_MS), until };
}

/** As it was pinned, else as the status still has it. */
function lastStep(status: Canary['status'], pinned: Pinned | undefined, until: number) {
  const shift = pinned?.shifts.findLast(({ carriedAt = Infinity }) => carriedAt < until);
  if (shift?.carriedAt !== undefined) return { index: shift.step, carriedAt: shift.carriedAt };
  const { step, startedAt = '' } = status ?? {};
  return { index: step?.index, carriedAt: Date.parse(step?.since ?? startedAt) };
}

/** Where the guard has pinned no grid. */
const EDGE_MS = 5000;
/** Further back than an hour no check looks. */
const LONGEST_MS = 3_600_000;

function edgesOf({ since, until }: Window): ReplaySpan {
  const from = Math.max(Math.floor(since / EDGE_MS) * EDGE_MS, until - LONGEST_MS);
  return { from, to: until, edgeMs: EDGE_MS };
}

/** Undefined where the Canary itself names the workloads of its versions. */
async function workloadsOf(
  canary: Canary,
  api: Sources['api'],
): Promise<WorkloadNames | Unread | undefined> {
  if (canary.spec.targetRef.kind !== 'VirtualService') return undefined;
  const unknown = 'the workloads of its versions are not known';
  try {
    const found = await versionWorkloads(canary, api);
    return 'why' in found ? { why: `${unknown}: ${found.why}`, isUnnamed: true } : found;
  } catch (error) {
    if (error instanceof ClusterError)
      return { why: `${unknown}: ${error.message}`, isUnnamed: true };
    throw error;
  }
}

/** Undefined where there is nothing to ask for. */
async function readPast(
  past: Past,
  canary: Canary,
  span: ReplaySpan | undefined,
  workloads: WorkloadNames | undefined,
): Promise<ReadPast | Unread | undefined> {
  if (span === undefined) return undefined;
  try {
    const counted = await past.counted(canary, span, workloads);
    return { counted, keptFrom: await past.keptFrom(span.from, span.to), span };
  } catch (error) {
    if (error instanceof PrometheusError) return { why: error.message };
    throw error;
  }
}
