import { isDeepStrictEqual } from 'node:util';
import { FINALIZER } from '../../api/annotations.ts';
import type { Canary } from '../../api/canary.ts';
import { API_VERSION, CANARIES } from '../../api/group.ts';
import { parseCanary } from '../../api/parse.ts';
import type { Problem } from '../../api/problem.ts';
import { CanaryStatus, Fences } from '../../api/status.ts';
import { type Canaries, type CanaryKey, keyText } from '../../ports/canaries.ts';
import type { ApiClient, KubeObject, LocalStore } from '../../ports/cluster.ts';
import { ClusterError } from '../../ports/cluster.ts';
import { CANARY_KIND } from '../../ports/kinds.ts';
import { claims } from './claims.ts';
import { Recent } from './recent.ts';
import { type RefusedCanary, refusedFor, stalledStatus, stubStatus } from './refused-canary.ts';

export interface KubernetesCanaries extends Canaries {
  /** From the local store: a Canary that `cached` does not give because it cannot be read. */
  refused(key: CanaryKey): RefusedCanary | undefined;
}

export function kubernetesCanaries(api: ApiClient, store: LocalStore): KubernetesCanaries {
  const parse = rememberingParser();
  const claimed = claims(api, store);

  return {
    cached({ namespace, name }) {
      const object = store.get(CANARY_KIND, namespace, name);
      return object && parse(object).canary;
    },
    async read({ namespace, name }) {
      const object = await api.get(CANARY_KIND, namespace, name);
      return object && parse(object).canary;
    },
    all() {
      return store.list(CANARY_KIND).flatMap((object) => parse(object).canary ?? []);
    },
    refused(key) {
      const object = store.get(CANARY_KIND, key.namespace, key.name);
      const problems = object && parse(object).problems;
      return problems && refusedFor(key, problems);
    },
    async store(canary, status) {
      const next = asJson(withUnknownFields(canary.status, status));
      if (isDeepStrictEqual(next, asJson(canary.status))) return canary;
      const stored = await putStatus(api, canary.metadata, next);
      return readable(stored, parse(stored).canary);
    },
    async stall({ namespace, name }, why, at, planVersion) {
      const object = store.get(CANARY_KIND, namespace, name);
      if (object === undefined) return;
      const status = stalledStatus(object, why, at, planVersion);
      if (status !== undefined) await putStatus(api, object.metadata, status);
    },
    async hold(canary) {
      // Without the claim there is nothing to bring back, and so no reason to hold up a deletion.
      await claimed.claim(canary);
      const { finalizers } = canary.metadata;
      if (finalizers.includes(FINALIZER)) return canary;
      const held = await setFinalizers(api, canary, [...finalizers, FINALIZER]);
      return readable(held, parse(held).canary);
    },
    async release(canary) {
      await claimed.yield(canary);
      const { finalizers } = canary.metadata;
      if (!finalizers.includes(FINALIZER)) return;
      const others = finalizers.filter((finalizer) => finalizer !== FINALIZER);
      await setFinalizers(api, canary, others).catch(unlessGone);
    },
  };
}

interface Read {
  readonly canary?: Canary;
  readonly problems?: readonly Problem[];
}

/**
 * Each object is parsed once; objects of the store never change. A spec is parsed once for all the
 * statuses that it goes through.
 */
function rememberingParser(): (object: KubeObject) => Read {
  const known = new WeakMap<KubeObject, Read>();
  const specs = new Recent<{ readonly raw: unknown; readonly spec: Canary['spec'] }>();
  return (object) => {
    const before = known.get(object);
    if (before !== undefined) return before;
    const { uid = '' } = object.metadata;
    const last = specs.get(uid);
    const isSame = last !== undefined && isDeepStrictEqual(last.raw, object['spec']);
    const read = parsed(object, isSame ? last.spec : undefined);
    if (read.canary !== undefined) specs.set(uid, { raw: object['spec'], spec: read.canary.spec });
    known.set(object, read);
    return read;
  };
}

function parsed(object: KubeObject, spec: Canary['spec'] | undefined): Read {
  const read = parseCanary(object, spec);
  if (!read.ok) return { problems: read.problems };
  const { canary } = read;
  return { canary: isStub(canary.status) ? { ...canary, status: undefined } : canary };
}

/** A Canary that was stalled before its first plan has a status that is none. */
function isStub(status: CanaryStatus | undefined): boolean {
  if (status?.phase !== 'Initializing') return false;
  return isDeepStrictEqual(
    asJson({ ...status, conditions: [], observedGeneration: undefined }),
    asJson(CanaryStatus.parse(stubStatus(status.planVersion))),
  );
}

/** Fields of a newer Linnet, which this one never sets. */
function withUnknownFields(before: CanaryStatus | undefined, status: CanaryStatus): CanaryStatus {
  return {
    ...unknownIn(before, CanaryStatus.shape),
    ...status,
    fences: { ...unknownIn(before?.fences, Fences.shape), ...status.fences },
  };
}

function unknownIn(fields: object | undefined, known: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields ?? {}).filter(([name]) => !(name in known)));
}

/** As it would come back: without what is undefined. */
function asJson(status: unknown): unknown {
  return status === undefined ? undefined : JSON.parse(JSON.stringify(status));
}

/** Of the object only its name and version count: the server keeps all but the status. */
function putStatus(
  api: ApiClient,
  { name, namespace, uid, resourceVersion }: Canary['metadata'] | KubeObject['metadata'],
  status: unknown,
): Promise<KubeObject> {
  const metadata = {
    name,
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
  const body = { apiVersion: API_VERSION, kind: CANARIES.kind, metadata, status };
  return api.replace(CANARY_KIND, body, { subresource: 'status' });
}

function setFinalizers(
  api: ApiClient,
  { metadata: { namespace, name, resourceVersion } }: Canary,
  finalizers: string[],
): Promise<KubeObject> {
  const body = { metadata: { resourceVersion, finalizers } };
  return api.patch(CANARY_KIND, namespace, name, 'merge', body);
}

/** Somebody changed the Canary into one that cannot be read, just before our write. */
function readable({ metadata }: KubeObject, canary: Canary | undefined): Canary {
  if (canary !== undefined) return canary;
  const { namespace = '', name } = metadata;
  throw new ClusterError(`Canary ${keyText({ namespace, name })} cannot be read any more`, {
    code: 409,
    reason: 'Conflict',
  });
}

function unlessGone(error: unknown): void {
  if (!(error instanceof ClusterError && error.code === 404)) throw error;
}
