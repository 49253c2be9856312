import { CLAIMED_BY, FENCE } from '../../api/annotations.ts';
import type { Canary } from '../../api/canary.ts';
import { stampOf, withStamp } from '../../api/fence.ts';
import type { KubeObject, ResourceKind } from '../../ports/cluster.ts';
import { apiVersionOf } from '../../ports/kinds.ts';
import { objectOf, parsedObject, withFields, type Json } from './json.ts';
import { claimOf, holderOf, ORIGINAL, ownersWith } from './ownership.ts';
import { done, foreign, named, toChange, toCreate, toDelete, type Plan } from './plan.ts';

/**
 * A VirtualService or DestinationRule under a name that is Linnet's to use. Linnet owns some fields
 * of its `spec`; where the object was there before, everything else in it stays, and in the end
 * the owned fields become what they were.
 */
export interface ManagedObject {
  readonly kind: ResourceKind;
  readonly name: string;
  /** The fields of `spec` that Linnet owns. */
  readonly owned: readonly string[];
  /** What the owned fields must be, given the live spec; a field left out is the user's, if any. */
  readonly spec: (live: Json) => Json;
  readonly labels?: Record<string, string> | undefined;
  readonly annotations?: Record<string, string> | undefined;
}

/** For whom an object is compared, and under which fence. */
export interface Claimant {
  readonly canary: Canary;
  readonly fence: number | undefined;
  /** UIDs of the other Canaries whose claims count. */
  readonly living: ReadonlySet<string>;
}

/** Makes the object, takes it over, or changes what differs. */
export function planManaged(
  managed: ManagedObject,
  live: KubeObject | undefined,
  claimant: Claimant,
): Plan {
  const { kind } = managed;
  const { canary, fence, living } = claimant;
  const stamped = (content: KubeObject) =>
    withAnnotations(content, withStamp(content.metadata.annotations, fence ?? 0));
  if (live === undefined) {
    return toCreate(kind, stamped(contentOf(managed, blank(managed, canary), canary, 'made')));
  }
  const holder = holderOf(live, canary, living);
  if (typeof holder === 'object') {
    return foreign(kind, live, `${named(kind, live)} belongs to ${holder.foreign}`);
  }
  const content = contentOf(managed, live, canary, holder);
  return toChange(kind, live, content, { stamp: stampOf(live), fence, stamped });
}

/** Deletes what Linnet made, and gives back what it took over. */
export function planRestored(
  managed: ManagedObject,
  live: KubeObject | undefined,
  { canary, fence, living }: Claimant,
): Plan {
  const { kind } = managed;
  if (live === undefined) return done(kind);
  const holder = holderOf(live, canary, living);
  const declared = declaredSpec(live);
  if (holder === 'made' && declared === undefined) return toDelete(kind, live, fence);
  if (holder !== 'made' && holder !== 'taken') return done(kind);
  const content = restored(managed, live, canary, declared ?? {});
  return toChange(kind, live, content, { stamp: stampOf(live), fence, stamped: (as) => as });
}

function blank({ kind, name }: ManagedObject, canary: Canary): KubeObject {
  const { namespace } = canary.metadata;
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: { name, namespace },
    spec: {},
  };
}

function contentOf(
  managed: ManagedObject,
  live: KubeObject,
  canary: Canary,
  holder: 'made' | 'taken' | 'free',
): KubeObject {
  const { metadata } = live;
  const original = originalOf(live, holder);
  const annotations = {
    ...metadata.annotations,
    ...managed.annotations,
    ...claimOf(canary),
    ...(original !== undefined && { [ORIGINAL]: original }),
  };
  const labels = { ...metadata.labels, ...managed.labels };
  return {
    ...live,
    metadata: {
      ...metadata,
      annotations,
      ...(Object.keys(labels).length > 0 && { labels }),
      ...(original === undefined && { ownerReferences: ownersWith(live, canary) }),
    },
    spec: withFields(objectOf(live['spec']), ownedFields(managed, live, original)),
  };
}

/** An owned field that the Canary does not speak of is what it was before Linnet. */
function ownedFields(managed: ManagedObject, live: KubeObject, original: string | undefined): Json {
  const before = objectOf(parsedObject(original)?.['spec']);
  const wanted = managed.spec(objectOf(live['spec']));
  return Object.fromEntries(
    managed.owned.map((field) => [field, field in wanted ? wanted[field] : before[field]]),
  );
}

/**
 * What the object was like before Linnet, as text for its annotation; undefined when Linnet made
 * it. An object that still carries a void claim of an earlier Canary keeps what that one noted.
 */
function originalOf(live: KubeObject, holder: 'made' | 'taken' | 'free'): string | undefined {
  const { annotations = {}, labels = {} } = live.metadata;
  if (holder === 'made') return undefined;
  if (annotations[CLAIMED_BY] !== undefined) return annotations[ORIGINAL];
  const { [APPLIED]: _, ...rest } = annotations;
  const spec = parsedObject(annotations[FLAGGERS_ORIGINAL]) ?? live['spec'] ?? {};
  return JSON.stringify({ spec, annotations: rest, labels });
}

/** `kubectl apply` notes here what its last manifest said. */
const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Flagger's note of what it had taken over before Linnet did. */
const FLAGGERS_ORIGINAL = 'flagger.kubernetes.app/original-configuration';

/** What the owner of the object last declared: newer than what Linnet noted, where kubectl tells. */
function declaredSpec({ metadata: { annotations = {} } }: KubeObject): Json | undefined {
  const declared = parsedObject(annotations[APPLIED]) ?? parsedObject(annotations[ORIGINAL]);
  return declared === undefined ? undefined : objectOf(declared['spec']);
}

function restored(
  managed: ManagedObject,
  live: KubeObject,
  canary: Canary,
  declared: Json,
): KubeObject {
  const noted = parsedObject(live.metadata.annotations?.[ORIGINAL]) ?? {};
  const annotations = givenBack(
    live.metadata.annotations,
    [ORIGINAL, FENCE, ...Object.keys({ ...claimOf(canary), ...managed.annotations })],
    objectOf(noted['annotations']),
  );
  const labels = givenBack(
    live.metadata.labels,
    Object.keys({ ...managed.labels }),
    objectOf(noted['labels']),
  );
  const owned = Object.fromEntries(managed.owned.map((field) => [field, declared[field]]));
  const ownerReferences = live.metadata.ownerReferences?.filter(
    ({ uid }) => uid !== canary.metadata.uid,
  );
  return {
    ...live,
    metadata: { ...live.metadata, annotations, labels, ownerReferences } as KubeObject['metadata'],
    spec: withFields(objectOf(live['spec']), owned),
  };
}

/** The keys that Linnet wrote become what they were; a map that was not there goes again. */
function givenBack(
  live: Record<string, string> | undefined,
  keys: readonly string[],
  before: Json,
): Json | undefined {
  if (live === undefined) return undefined;
  const back = Object.fromEntries(keys.map((key) => [key, before[key]]));
  const rest = withFields(live, back);
  return Object.keys(rest).length > 0 ? rest : undefined;
}

function withAnnotations(object: KubeObject, annotations: Record<string, string>): KubeObject {
  return { ...object, metadata: { ...object.metadata, annotations } };
}
