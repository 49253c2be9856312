import type { CanaryKey } from '../ports/canaries.ts';
import type { ApiClient, ResourceKind } from '../ports/cluster.ts';
import {
  ALERT_PROVIDER,
  CANARY_KIND,
  CONFIG_MAP,
  CONTROLLER_REVISION,
  DAEMON_SET,
  DEPLOYMENT,
  DESTINATION_RULE,
  ENDPOINT_SLICE,
  HORIZONTAL_POD_AUTOSCALER,
  METRIC_TEMPLATE,
  SCALED_OBJECT,
  SECRET,
  SERVICE,
  VIRTUAL_SERVICE,
} from '../ports/kinds.ts';
import { aborted } from './abortable.ts';
import type { Log } from './log.ts';
import { type ReflectorHealth, STALE_MS, startReflector } from './reflector.ts';
import { isRelevant } from './relevance.ts';
import { SERVICE_NAME } from './stands-for.ts';
import { type Change, createStore, type ObjectStore } from './store.ts';
import { wakeUps } from './wake-ups.ts';
import { whoseChanges } from './whose.ts';

interface WatchedKind {
  readonly kind: ResourceKind;
  /** Further versions that may be served in its place. */
  readonly versions?: readonly string[];
  readonly metadataOnly?: true;
  readonly indexed?: string;
  readonly labelSelector?: string | undefined;
  /** Made by a CRD that need not be installed. */
  readonly optional?: true;
}

const ISTIO_VERSIONS = ['v1beta1', 'v1alpha3'];

/** Everything that a tick reads without a request. */
export const WATCHED: readonly WatchedKind[] = [
  { kind: CANARY_KIND },
  { kind: METRIC_TEMPLATE },
  { kind: ALERT_PROVIDER },
  { kind: DEPLOYMENT },
  { kind: DAEMON_SET },
  { kind: CONTROLLER_REVISION },
  { kind: SERVICE },
  { kind: ENDPOINT_SLICE, indexed: SERVICE_NAME },
  { kind: HORIZONTAL_POD_AUTOSCALER },
  { kind: SCALED_OBJECT, optional: true },
  { kind: VIRTUAL_SERVICE, versions: ISTIO_VERSIONS, optional: true },
  { kind: DESTINATION_RULE, versions: ISTIO_VERSIONS, optional: true },
  { kind: CONFIG_MAP, metadataOnly: true },
  { kind: SECRET, metadataOnly: true },
];

export interface WatchOptions {
  /** Only this namespace; without one all. */
  readonly namespace?: string | undefined;
  /** Only Canaries with such labels; without one all. */
  readonly selector?: string | undefined;
  /** Told which canaries to look at. It must return at once; what it throws is logged. */
  readonly onKeys: (keys: readonly CanaryKey[]) => void;
  /** Told of each Canary that is gone, before anybody looks for it. It must return at once. */
  readonly onGone?: ((key: CanaryKey) => void) | undefined;
  readonly log: Log;
  /** Silence in milliseconds after which a watch is taken for dead; 90 s. */
  readonly staleMs?: number | undefined;
  /** Stops everything, also while the first lists are still awaited. */
  readonly signal?: AbortSignal | undefined;
}

export interface Watches {
  readonly store: ObjectStore;
  /**
   * Resolves once the store holds what the cluster has, or it was stopped. Then the keys of all
   * canaries come.
   */
  readonly ready: Promise<void>;
  /** The version in which the cluster has this kind; undefined while it is not installed. */
  readonly servedVersion: (kind: ResourceKind) => string | undefined;
  /** True when some of the store may be outdated: take no jobs. */
  isStale(): boolean;
  health(): readonly ReflectorHealth[];
  stop(): void;
}

/** Watches all that canaries depend on. Ready when all of it has been listed once. */
export async function startWatches(api: ApiClient, options: WatchOptions): Promise<Watches> {
  const watches = openWatches(api, options);
  await watches.ready;
  return watches;
}

/** The same without waiting, so that health can be asked for meanwhile. */
export function openWatches(api: ApiClient, options: WatchOptions): Watches {
  const {
    namespace,
    selector,
    onKeys,
    onGone = () => undefined,
    log,
    staleMs = STALE_MS,
  } = options;
  const waking = wakeUps(onKeys, log);
  const watched = WATCHED.map((one) =>
    one.kind === CANARY_KIND ? { ...one, labelSelector: selector } : one,
  );
  const store = createStore({ kinds: watched, namespace, onChange: (change) => hear(change) });
  const whose = whoseChanges(store);

  function hear(change: Change): void {
    try {
      const keys = whose.keysOf(change);
      if (change.kind.kind === CANARY_KIND.kind) tellGone(change, onGone);
      if (isRelevant(change)) waking.wake(keys);
    } catch (error) {
      log.error({ err: error, kind: change.kind.kind }, 'a change was not understood');
    }
  }

  const reflectors = watched.map(({ kind, versions = [], ...kept }) => {
    const others = versions.map((version) => ({ ...kind, version }));
    const kinds = [kind, ...others] as const;
    return startReflector({ api, kinds, ...kept, namespace, staleMs, sink: store, log });
  });
  const indexOf = (kind: ResourceKind) => WATCHED.findIndex((watched) => watched.kind === kind);
  const health = () => reflectors.map((reflector) => reflector.health());
  const stopped = new AbortController();
  const stop = () => {
    for (const reflector of reflectors) reflector.stop();
    stopped.abort();
    waking.end();
  };
  options.signal?.addEventListener('abort', stop, { once: true });
  if (options.signal?.aborted === true) stop();
  const listed = Promise.all(reflectors.map((reflector) => reflector.listed));
  const ready = Promise.race([listed, aborted(stopped.signal)]).then(() => waking.begin());
  return {
    store,
    ready,
    servedVersion: (kind) => reflectors[indexOf(kind)]?.served()?.version,
    health,
    stop,
    isStale: () => health().some(({ silentMs }) => silentMs > staleMs),
  };
}

/** Another Canary of the same name is not the one that was. */
function tellGone({ before, after }: Change, onGone: (key: CanaryKey) => void): void {
  if (before === undefined || before.metadata.uid === after?.metadata.uid) return;
  const { namespace = '', name } = before.metadata;
  onGone({ namespace, name });
}
