import { FENCE } from '../../src/api/annotations.ts';
import type { CanaryStatus, Fenced } from '../../src/api/status.ts';
import { stampKey } from '../../src/adapters/istio/user-virtual-service.ts';
import { canonicalJson } from '../../src/adapters/kubernetes/fingerprint.ts';
import type { KubeObject } from '../../src/ports/cluster.ts';
import { CANARY, PRIMARY, ROUTES, TARGET } from './slots.ts';
import { aged, shifted } from './time.ts';
import { letterIn } from './workload.ts';

/** What the laws and the stories need to know of one content, computed once. */
export interface Facts {
  /** The stamp on it; -1 without one. */
  readonly stamp: number;
  /** Percent to the canary, of routes. */
  readonly canaryWeight: number;
  /** Of a Deployment. */
  readonly replicas: number;
  readonly ready: number;
  /** Letters of the template, and of the pods that run. */
  readonly template: string;
  readonly podsOf: string;
  readonly isSettled: boolean;
  readonly status: CanaryStatus | undefined;
}

/**
 * Every content that an object ever has, under a number: objects without resourceVersion, compared
 * by value. 0 is the absent object. Versions are told apart by tokens of whoever read them.
 */
export class Contents {
  readonly #ids = new Map<string, number>();
  readonly #objects: (KubeObject | undefined)[] = [undefined];
  readonly #facts: (Facts | undefined)[] = [NO_FACTS];
  readonly #aged: number[] = [0];
  readonly #read = new Map<string, KubeObject>();

  get size(): number {
    return this.#objects.length;
  }

  intern(object: KubeObject | undefined): number {
    if (object === undefined) return 0;
    const { resourceVersion: _, ...metadata } = object.metadata;
    const text = canonicalJson({ ...object, metadata });
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.#objects.length;
    this.#objects.push(JSON.parse(text) as KubeObject);
    this.#ids.set(text, id);
    return id;
  }

  /** Without resourceVersion; never to be changed. */
  object(id: number): KubeObject | undefined {
    return this.#objects[id];
  }

  must(id: number): KubeObject {
    const object = this.#objects[id];
    if (object === undefined) throw new Error('there is no such object');
    return object;
  }

  /** As it is read: with a version, and its times for whoever began to look `elapsed` ticks ago. */
  asRead(id: number, version: string, elapsed: number): KubeObject | undefined {
    if (id === 0) return undefined;
    const key = `${id}/${version}/${elapsed}`;
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    const object = this.must(id);
    const metadata = { ...object.metadata, resourceVersion: version };
    const status = statusOf(object);
    const read = {
      ...object,
      metadata,
      ...(status !== undefined && { status: shifted(status, elapsed) }),
    };
    this.#read.set(key, read);
    return read;
  }

  /** What the content reads like a tick later. */
  aged(id: number): number {
    const known = this.#aged[id];
    if (known !== undefined) return known;
    const object = this.must(id);
    const status = statusOf(object);
    const later = status === undefined ? id : this.intern({ ...object, status: aged(status) });
    this.#aged[id] = later;
    return later;
  }

  facts(id: number): Facts {
    const known = this.#facts[id];
    if (known !== undefined) return known;
    const facts = factsOf(this.must(id));
    this.#facts[id] = facts;
    return facts;
  }
}

const NO_FACTS: Facts = {
  stamp: -1,
  canaryWeight: 0,
  replicas: 0,
  ready: 0,
  template: '',
  podsOf: '',
  isSettled: true,
  status: undefined,
};

export function statusOf(object: KubeObject): CanaryStatus | undefined {
  return object.kind === 'Canary' ? (object['status'] as CanaryStatus | undefined) : undefined;
}

/** The annotation that carries the stamp of an object in this slot. */
export function stampAnnotation(slot: number): string {
  return slot === ROUTES ? stampKey('uid-canary') : FENCE;
}

/** The name of the fence under which an object in this slot is written. */
export function fenceOf(slot: number): Fenced {
  if (slot === TARGET) return 'target';
  if (slot === PRIMARY) return 'primary';
  if (slot === ROUTES) return 'virtualService';
  return slot < 7 && slot > CANARY ? 'services' : 'destinationRules';
}

function factsOf(object: KubeObject): Facts {
  const { annotations = {} } = object.metadata;
  const stamp = annotations[FENCE] ?? annotations[stampKey('uid-canary')];
  const facts = { ...NO_FACTS, stamp: stamp === undefined ? -1 : Number(stamp) };
  if (object.kind === 'VirtualService') return { ...facts, canaryWeight: weightIn(object) };
  if (object.kind === 'Deployment') return { ...facts, ...deploymentFacts(object) };
  return { ...facts, status: statusOf(object) };
}

function weightIn(object: KubeObject): number {
  const { http } = object['spec'] as { http: { route: Destination[] }[] };
  return Math.max(
    ...http.flatMap(({ route }) =>
      route.map(({ destination, weight = 0 }) => (destination.host === 'web-canary' ? weight : 0)),
    ),
  );
}

interface Destination {
  readonly destination: { readonly host: string };
  readonly weight?: number;
}

function deploymentFacts(object: KubeObject): Partial<Facts> {
  const { replicas, template } = object['spec'] as { replicas: number; template: unknown };
  const status = object['status'] as DeploymentStatus;
  const ready = status.readyReplicas;
  return {
    replicas,
    ready,
    template: letterIn(template),
    podsOf: status.podsOf,
    isSettled: status.observedGeneration === 2 && ready === replicas,
  };
}

/** Of a Deployment in the small world: `podsOf` is for the laws, nobody else reads it. */
export interface DeploymentStatus {
  readonly observedGeneration: number;
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly podsOf: string;
}
