import type { KubernetesCanaries } from '../adapters/kubernetes/canaries.ts';
import { KubernetesServices } from '../adapters/kubernetes/services.ts';
import { DeploymentWorkload } from '../adapters/kubernetes/workload.ts';
import { istioKinds, type IstioKinds } from '../adapters/istio/kinds.ts';
import { istioPreflight } from '../adapters/istio/preflight-facts.ts';
import { istioRouter } from '../adapters/istio/router.ts';
import type { IstioSettings } from '../adapters/istio/settings.ts';
import { canRoute as isPlain, plainRouter } from '../adapters/plain/router.ts';
import type { Canary } from '../api/canary.ts';
import type { Outcome, Rollout } from '../api/status.ts';
import type { Config } from '../config.ts';
import type { RunningCourier } from '../notify/courier.ts';
import type { ProcessMemory } from '../memory.ts';
import type { Alerts } from '../ports/alerts.ts';
import type { Clock } from '../ports/clock.ts';
import type { ApiClient } from '../ports/cluster.ts';
import type { EvidenceStore } from '../ports/evidence.ts';
import type { Hooks } from '../ports/hooks.ts';
import { VIRTUAL_SERVICE } from '../ports/kinds.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { World } from '../ports/world.ts';
import { gatheredReads } from '../watch/gathered-reads.ts';
import { cachedReader } from '../watch/reader.ts';
import type { ObjectStore } from '../watch/store.ts';
import type { Watches } from '../watch/watches.ts';

export interface Parts {
  readonly config: Config;
  readonly clock: Clock;
  /** Answers to its writes enter the store. */
  readonly api: ApiClient;
  /** Its requests end with no look. */
  readonly live: ApiClient;
  readonly store: ObjectStore;
  readonly servedVersion: Watches['servedVersion'];
  readonly telemetry: Telemetry;
  readonly evidence: EvidenceStore;
  readonly hooks: Hooks;
  readonly alerts: Alerts;
  readonly canaries: KubernetesCanaries;
  readonly courier: RunningCourier;
  readonly memory: ProcessMemory;
  /** Told of every rollout that ends by a plan of this process. */
  readonly onEnded: (canary: Canary, outcome: Outcome) => void;
}

/** Fills the ports with adapters: the one place that knows which stands behind which. */
export function buildWorld(parts: Parts): World & { canaries: KubernetesCanaries } {
  const { config, api, store, telemetry } = parts;
  const mesh: IstioSettings = {
    get kinds() {
      return servedIstio(parts);
    },
    clusterDomain: config.clusterDomain,
  };
  const istio = istioRouter(api, mesh);
  const plain = plainRouter();
  return {
    clock: parts.clock,
    canaries: announcing(parts),
    workload: new DeploymentWorkload(api),
    services: new KubernetesServices(api),
    routerFor: (canary) => (isPlain(canary) ? plain : istio),
    telemetry,
    evidence: parts.evidence,
    hooks: parts.hooks,
    alerts: parts.alerts,
    courier: parts.courier,
    preflight: istioPreflight({
      mesh,
      isSeen: (canary) => telemetry.isSeen(canary),
      ownNamespaceOnly: config.namespace !== undefined || !config.crossNamespaceRefs,
    }),
    readers: { cached: cachedReader(store, api), live: gatheredReads(parts.live, store) },
    memory: parts.memory,
    settings: {
      drainMs: config.drainMs,
      crossNamespaceRefs: config.crossNamespaceRefs,
      defaultProvider: config.slack !== undefined,
    },
  };
}

function servedIstio({ servedVersion }: Parts): IstioKinds | undefined {
  const version = servedVersion(VIRTUAL_SERVICE);
  return version === undefined ? undefined : istioKinds(version);
}

/** Tells of every plan that this process stored: its new messages are ours to carry. */
function announcing({ canaries, courier, onEnded }: Parts): KubernetesCanaries {
  return {
    ...canaries,
    async store(canary, status) {
      const stored = await canaries.store(canary, status);
      courier.stored(canary, stored);
      for (const { outcome } of newlyEnded(canary, stored)) onEnded(stored, outcome);
      return stored;
    },
  };
}

/** The rollouts that are in the second history and not in the first. */
function newlyEnded(before: Canary, after: Canary): Rollout[] {
  const known = new Set(before.status?.history?.map(({ endedAt }) => endedAt));
  return (after.status?.history ?? []).filter(({ endedAt }) => !known.has(endedAt));
}
