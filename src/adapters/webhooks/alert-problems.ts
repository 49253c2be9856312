import type { Canary } from '../../api/canary.ts';
import type { Alerts } from '../../ports/alerts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ApiClient, KubeObject, LocalStore } from '../../ports/cluster.ts';
import { ALERT_PROVIDER, SECRET } from '../../ports/kinds.ts';
import type { Problem } from '../../ports/workload.ts';
import { destinationOf, type Missing } from './destinations.ts';
import type { Outgoing } from './outgoing.ts';

export interface AlertsOptions {
  readonly outgoing: Pick<Outgoing, 'refusal'>;
  /** A Secret is read through it once for each of its versions; only the verdict is kept. */
  readonly api: Pick<ApiClient, 'get'>;
  /** Knows providers, and of Secrets the versions. */
  readonly store: Pick<LocalStore, 'get'>;
  readonly clock: Clock;
  readonly crossNamespaceRefs: boolean;
}

/** What is wrong with a provider, in words that follow its name; undefined when nothing is. */
type Mistake = Missing | undefined;

interface Look {
  /** The versions of provider and Secret that were looked at. */
  readonly versions: string;
  readonly mistake: Promise<Mistake>;
  /** From when it is looked at again although nothing changed, in milliseconds since 1970. */
  until: number;
}

export function createAlerts(options: AlertsOptions): Alerts {
  const { store, clock, crossNamespaceRefs } = options;
  const looks = new Map<string, Look>();

  function mistakeOf(namespace: string, name: string): Promise<Mistake> {
    const key = `${namespace}/${name}`;
    const provider = store.get(ALERT_PROVIDER, namespace, name);
    const versions = versionsOf(provider, store);
    const last = looks.get(key);
    if (last?.versions === versions && clock.now() < last.until) return last.mistake;
    const mistake = lookAt(provider, options);
    const look: Look = { versions, mistake, until: Infinity };
    if (provider === undefined) looks.delete(key);
    else looks.set(key, look);
    void limit(look);
    return mistake;
  }

  /** Rights and outages change without any object that is watched. */
  async function limit(look: Look): Promise<void> {
    const mistake = await look.mistake;
    if (mistake?.reason === UNREADABLE) look.until = clock.now() + LOOK_AGAIN_MS;
  }

  return {
    async problems({ metadata, spec }) {
      const found = await Promise.all(
        spec.analysis.alerts.map(async ({ providerRef }, i) => {
          const { namespace = metadata.namespace, name } = providerRef;
          const path = `spec.analysis.alerts[${i}].providerRef`;
          if (!crossNamespaceRefs && namespace !== metadata.namespace) {
            return forbidden(path, namespace, metadata);
          }
          const mistake = await mistakeOf(namespace, name);
          return mistake && problemOf(mistake, `${path}: AlertProvider ${namespace}/${name}`);
        }),
      );
      if (found.includes('unknown')) return undefined;
      return found.filter((one): one is Problem => one !== undefined && one !== 'unknown');
    },
  };
}

const UNREADABLE = 'SecretUnreadable';
const LOOK_AGAIN_MS = 30_000;

/** The Secret's part is empty until there is one: its coming is a change like any other. */
function versionsOf(provider: KubeObject | undefined, store: Pick<LocalStore, 'get'>): string {
  const secret = provider && secretOf(provider, store);
  return [provider, secret].map((object) => object?.metadata.resourceVersion ?? '').join(' ');
}

function secretOf(provider: KubeObject, store: Pick<LocalStore, 'get'>): KubeObject | undefined {
  const name = secretNameOf(provider);
  return name === undefined ? undefined : store.get(SECRET, provider.metadata.namespace, name);
}

function secretNameOf({ spec }: KubeObject): string | undefined {
  return ((spec ?? {}) as { secretRef?: { name?: string } }).secretRef?.name;
}

async function lookAt(
  provider: KubeObject | undefined,
  { api, store, outgoing }: AlertsOptions,
): Promise<Mistake> {
  const secrets: Pick<ApiClient, 'get'> = {
    get: async (kind, namespace, name) =>
      store.get(kind, namespace, name) && (await api.get(kind, namespace, name)),
  };
  const to = await destinationOf(provider, secrets);
  if ('missing' in to) return to;
  const refusal = outgoing.refusal({ url: to.address, proxy: to.proxy });
  if (refusal === undefined) return undefined;
  return { missing: `cannot be called: ${refusal}; ${cureOf(provider)}`, reason: 'AddressInvalid' };
}

function cureOf(provider: KubeObject | undefined): string {
  const secret = provider && secretNameOf(provider);
  if (secret === undefined) return 'correct its spec';
  return `correct it in Secret ${provider?.metadata.namespace}/${secret}`;
}

function problemOf({ missing, reason, passes }: Missing, subject: string): Problem | 'unknown' {
  return passes === true ? 'unknown' : { reason, message: `${subject} ${missing}` };
}

function forbidden(path: string, found: string, { namespace }: Canary['metadata']): Problem {
  return {
    reason: 'ProviderForbidden',
    message: `${path}.namespace: found '${found}', allowed is '${namespace}', since this Linnet runs with --no-cross-namespace-refs`,
  };
}
