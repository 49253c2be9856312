import { kubernetesCanaries } from '../adapters/kubernetes/canaries.ts';
import { createApiClient, type LiveClient } from '../adapters/kubernetes/client.ts';
import { type ServerClock, serverClock } from '../adapters/kubernetes/clock.ts';
import { type Connection, connectionFrom } from '../adapters/kubernetes/kubeconfig.ts';
import type { Config } from '../config.ts';
import { PLAN_VERSION } from '../decide/decide.ts';
import { guard } from '../guard.ts';
import { ProcessMemory } from '../memory.ts';
import { keyText, type CanaryKey } from '../ports/canaries.ts';
import { ClusterError } from '../ports/cluster.ts';
import { NAMESPACE } from '../ports/kinds.ts';
import type { World } from '../ports/world.ts';
import { keyPrefix } from '../queue/redis-address.ts';
import { SharedEvidence } from '../queue/shared-evidence.ts';
import { WorkQueue } from '../queue/work-queue.ts';
import { serveHttp, type Probe } from '../server/http.ts';
import { Metrics } from '../server/metrics.ts';
import { processMetrics } from '../server/process-metrics.ts';
import { VERSION } from '../version.ts';
import { remembering } from '../watch/remembering.ts';
import { openWatches, type Watches } from '../watch/watches.ts';
import { guardWatch } from './guard-watch.ts';
import type { Logger } from './log.ts';
import { allKeys, lookAt, overdueKeys } from './look.ts';
import { provideMessages } from './messages.ts';
import { provideReach } from './reach.ts';
import { provideRedis } from './redis.ts';
import { provideTelemetry, type ProvidedTelemetry } from './telemetry.ts';
import { abortedWithLook, withinLook } from './within-look.ts';
import { buildWorld } from './world.ts';

export interface Controller {
  /** Where /metrics, /healthz and /readyz are. */
  readonly port: number;
  /** Lets the looks that run come to their end, then lets go of everything. */
  stop(): Promise<void>;
}

/** The whole controller: watches, queue, reconcile, messages, metrics. */
export async function startController(config: Config, log: Logger): Promise<Controller> {
  const running: Running = {};
  const clock = serverClock();
  const metrics = metricsOf(running, config);
  const connection = connectionFrom({ kubeconfig: config.kubeconfig });
  const live = apiClient(connection, config, clock, metrics);
  const reach = provideReach(config, connection.server);
  const prefix = keyPrefix(await clusterIdentity(live, config.namespace), config);
  const redis = await provideRedis(config.redis, log);
  const memory = new ProcessMemory();
  const watches = openWatches(live, {
    namespace: config.namespace,
    selector: config.selector,
    log,
    onKeys: (keys) => {
      for (const key of keys) running.queue?.add(keyText(key));
    },
    onGone: (key) => running.forget?.(key),
  });
  const api = remembering(abortedWithLook(live), watches.store);
  const { store } = watches;
  const canaries = kubernetesCanaries(api, store);
  const telemetry = provideTelemetry({ config, api: live, store, clock, reach, log });
  const evidence = new SharedEvidence({ redis: redis.address, prefix });
  const lookHere = (key: string, at = 0) =>
    running.queue?.addHere(key, Date.now() + at - clock.now());
  const onLook = (key: CanaryKey) => memory.setLookedAt(key, Date.now());
  const messages = provideMessages({
    config,
    api: live,
    store,
    canaries,
    clock,
    memory,
    redis: redis.address,
    prefix,
    reach,
    log,
    lookHere,
    onDelivery: (outcome) => metrics.messages.inc({ outcome }),
    onDoubled: (effect) => metrics.doubled.inc({ effect }),
  });
  const world = buildWorld({
    config,
    clock,
    api,
    live,
    store,
    servedVersion: watches.servedVersion,
    canaries,
    telemetry,
    evidence,
    ...messages,
    memory,
    onEnded: (canary, outcome) => metrics.rolloutEnded(canary, outcome),
  });
  const forget = (key: CanaryKey) => {
    memory.forget(key);
    metrics.forget(key);
    telemetry.forget(key);
    messages.courier.forget(key);
    running.queue?.forget(keyText(key));
  };
  Object.assign(running, { world, watches, telemetry, memory, forget });

  const server = await serveHttp({
    port: config.port,
    registries: [metrics.registry, processMetrics()],
    ...probes(running),
  });
  await watches.ready;
  const queue = new WorkQueue({
    // A replica that stands down before a newer plan would take its keys, and drop them.
    name: `rollouts-${PLAN_VERSION}`,
    prefix,
    redis: redis.address,
    concurrency: config.concurrency,
    run: (key, signal) =>
      withinLook(signal, () =>
        lookAt(key, { world, watches, metrics, onLook, lookHere, onGone: forget }),
      ),
    overdue: () => overdueKeys(world),
    onLate: (ms) => metrics.latenessSeconds.observe(ms / 1000),
    onError: (key, error) => {
      metrics.reconcileErrors.inc({ kind: error instanceof Error ? error.name : 'Unknown' });
      log.warn({ canary: key, err: error }, 'this look failed and is tried again');
    },
  });
  const { redis: isShared } = await queue.ready();
  running.queue = queue;
  telemetry.begin({
    canaries: () => world.canaries.all(),
    onSwept: guardWatch({
      canaries: () => world.canaries.all(),
      ask: (canary) => guard(canary, world),
      look: (key, isUrgent) => (isUrgent ? queue.addUrgent(key) : queue.add(key)),
    }),
    goFirst: (work) => queue.goFirst(work),
  });
  for (const key of allKeys(world)) queue.add(key);
  log.info({ version: VERSION, port: server.port, redis: isShared }, 'Linnet is running');

  return {
    port: server.port,
    async stop() {
      watches.stop();
      telemetry.end();
      await queue.close(GRACE_MS);
      await messages.close(GRACE_MS);
      evidence.close();
      await server.close();
      await live.close();
      await redis.stop();
    },
  };
}

/** What metrics and probes ask, as far as it has come up yet. */
interface Running {
  world?: World;
  memory?: ProcessMemory;
  watches?: Watches;
  telemetry?: ProvidedTelemetry;
  queue?: WorkQueue;
  /** Forgets all that this process knows of a Canary. */
  forget?: (key: CanaryKey) => void;
}

const GRACE_MS = 5000;
/** A look gives up its I/O after half a minute: one that runs for longer will never end. */
const STUCK_MS = 120_000;

function metricsOf(running: Running, config: Config): Metrics {
  return new Metrics({
    version: VERSION,
    flaggerNames: config.flaggerMetrics,
    canaries: () => running.world?.canaries.all() ?? [],
    inProgress: () => running.queue?.inProgress ?? 0,
    lookedAt: ({ metadata }) => running.memory?.lookedAt(metadata),
    remembered: () => running.memory?.size ?? 0,
    redisAnswering: () => running.queue?.isShared ?? false,
    watchStale: () => running.watches?.isStale() ?? true,
    sweepAgeMs: () => running.telemetry?.ageMs ?? 0,
  });
}

function apiClient(
  connection: Connection,
  config: Config,
  clock: ServerClock,
  metrics: Metrics,
): LiveClient {
  return createApiClient({
    connection,
    version: VERSION,
    clock,
    qps: config.qps,
    burst: config.burst,
    onRequest: ({ method, resource, code, throttledMs }) => {
      metrics.kubeRequests.inc({ method, resource, code: String(code) });
      metrics.kubeThrottled.inc(throttledMs / 1000);
    },
  });
}

/**
 * The UID of `kube-system`: two clusters may share a Redis. Where rights end at the watched namespace
 * its own UID does as well.
 */
async function clusterIdentity(
  api: LiveClient,
  watched: string | undefined,
  name = 'kube-system',
): Promise<string> {
  try {
    const namespace = await api.get(NAMESPACE, undefined, name);
    return namespace?.metadata.uid ?? 'unknown';
  } catch (error) {
    const isForbidden = error instanceof ClusterError && error.code === 403;
    if (!isForbidden || watched === undefined || name === watched) throw error;
    return clusterIdentity(api, watched, watched);
  }
}

function probes(running: Running): { health: Probe[]; readiness: Probe[] } {
  const fresh: Probe = {
    name: 'the watches hear of changes',
    isFine: () => running.watches !== undefined && !running.watches.isStale(),
  };
  return {
    health: [
      {
        name: 'no look has been running for minutes',
        isFine: () => (running.queue?.longestTurnMs ?? 0) < STUCK_MS,
      },
    ],
    readiness: [fresh, { name: 'the queue takes work', isFine: () => running.queue !== undefined }],
  };
}
