import type { ApiRequest } from '../../test/cluster/kube/audited-requests.ts';
import type { Sweep } from './controller.ts';
import type { Step } from './fleet.ts';
import { bucketsIn, grownQuantile } from './histogram-text.ts';
import { grownUsage, programUsage, type ProgramUsage } from './program-usage.ts';
import { pushesOf, type Push } from './routes.ts';
import type { BenchStage } from './stage.ts';

/** What happened between two moments. */
export interface Window {
  readonly seconds: number;
  readonly requests: readonly ApiRequest[];
  readonly queries: number;
  readonly queryBytes: number;
  readonly sweeps: readonly Sweep[];
  /** Of everything that takes part; empty where the system does not tell. */
  readonly usage: ProgramUsage;
  /** Looks at a canary, whether anything came of them or not. */
  readonly looks: number;
  /** Seconds that looks began after they were due: p50 and p99, as the controller counts them. */
  readonly lookLateness: readonly (number | undefined)[];
  readonly throttledSeconds: number;
  readonly steps: readonly Step[];
  /** Steps that were due by a plan that was stored. */
  readonly due: number;
  /** The least that the controller's heap held, right after a collection: what it needs to live. */
  readonly liveHeapBytes: number;
  /** What istiod would tell the proxies. */
  readonly pushes: readonly Push[];
}

/** Measures what happens while `meanwhile` runs. */
export async function measure(stage: BenchStage, meanwhile: () => Promise<void>): Promise<Window> {
  const before = await sample(stage);
  const heap = watchHeap(stage);
  await meanwhile();
  const liveHeapBytes = await heap.lowest();
  const after = await sample(stage);
  const { server, fleet, routes } = stage;
  const { sweeps } = stage.controller;
  return {
    seconds: (after.at - before.at) / 1000,
    requests: server.requests().slice(before.requests, after.requests),
    queries: after.traffic.queries - before.traffic.queries,
    queryBytes: after.traffic.bytes - before.traffic.bytes,
    sweeps: sweeps.slice(before.sweeps, after.sweeps),
    usage: grownUsage(before.usage, after.usage),
    looks: counter(after.metrics, LOOKS) - counter(before.metrics, LOOKS),
    lookLateness: lateness(before.metrics, after.metrics),
    throttledSeconds: counter(after.metrics, THROTTLED) - counter(before.metrics, THROTTLED),
    steps: fleet.steps.slice(before.steps, after.steps),
    due: fleet.due(before.at, after.at),
    liveHeapBytes,
    pushes: pushesOf(routes.writes.slice(before.writes, after.writes)),
  };
}

/** Looks at it every few seconds until it is asked for the lowest. */
function watchHeap({ controller }: BenchStage) {
  const seen: Promise<number>[] = [];
  const look = () => seen.push(controller.metrics().then((text) => counter(text, HEAP)));
  const timer = setInterval(look, HEAP_LOOK_MS);
  return {
    async lowest() {
      clearInterval(timer);
      look();
      return Math.min(...(await Promise.all(seen)));
    },
  };
}

const HEAP_LOOK_MS = 2000;

async function sample({ server, proxy, fleet, routes, controller }: BenchStage) {
  const metrics = await controller.metrics();
  return {
    at: Date.now(),
    requests: server.requests().length,
    traffic: proxy.traffic(),
    sweeps: controller.sweeps.length,
    usage: programUsage(),
    steps: fleet.steps.length,
    writes: routes.writes.length,
    metrics,
  };
}

const LOOKS = 'linnet_reconcile_duration_seconds_count';
const THROTTLED = 'linnet_kube_throttled_seconds_total';
const HEAP = 'nodejs_heap_size_used_bytes';
const LATENESS = 'linnet_reconcile_lateness_seconds';

function counter(metrics: string, name: string): number {
  const line = metrics.split('\n').find((text) => text.startsWith(`${name} `));
  return Number(line?.split(' ')[1] ?? 0);
}

function lateness(before: string, after: string): (number | undefined)[] {
  const [was, is] = [bucketsIn(before, LATENESS), bucketsIn(after, LATENESS)];
  return [0.5, 0.99].map((q) => grownQuantile(q, was, is));
}
