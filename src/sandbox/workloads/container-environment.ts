import type { ClusterState, ResourceKind } from '../apiserver/cluster-state.ts';
import {
  CONFIG_MAPS,
  SECRETS,
  type Container,
  type EnvironmentVariable,
  type KeyReference,
  type NamedReference,
  type Pod,
  type Volume,
} from './resources.ts';

/** Why the containers of a pod cannot start, in the words of a kubelet. */
export interface NotStarted {
  readonly reason: string;
  readonly message: string;
}

/** The environment of all containers of a pod together, or why they cannot start. */
export type Environment =
  { readonly variables: Readonly<Record<string, string>> } | { readonly notStarted: NotStarted };

/**
 * Reads what the containers get from ConfigMaps and Secrets, as they are at this moment. A pod that
 * mounts or reads what does not exist does not start, unless it says that this is optional.
 */
export function environmentOf(cluster: ClusterState, pod: Pod): Environment {
  const configs = new Configs(cluster, pod.metadata.namespace ?? '');
  const unmounted = (pod.spec.volumes ?? []).map((one) => configs.missingFor(one)).find(Boolean);
  if (unmounted !== undefined) {
    return { notStarted: { reason: 'ContainerCreating', message: unmounted } };
  }
  try {
    const containers = pod.spec.containers.map((container) => configs.variablesOf(container));
    return { variables: Object.assign({}, ...containers) as Record<string, string> };
  } catch (error) {
    if (!(error instanceof MissingConfig)) throw error;
    return { notStarted: { reason: 'CreateContainerConfigError', message: error.message } };
  }
}

class MissingConfig extends Error {
  override readonly name = 'MissingConfig';
}

type Data = Readonly<Record<string, string>>;

interface Source {
  readonly kind: ResourceKind;
  readonly word: 'configmap' | 'secret';
  readonly Word: 'ConfigMap' | 'Secret';
  readonly decode: (value: string) => string;
}

const CONFIG_MAP: Source = {
  kind: CONFIG_MAPS,
  word: 'configmap',
  Word: 'ConfigMap',
  decode: (value) => value,
};

const SECRET: Source = {
  kind: SECRETS,
  word: 'secret',
  Word: 'Secret',
  decode: (value) => Buffer.from(value, 'base64').toString(),
};

/** The ConfigMaps and Secrets of a namespace. */
class Configs {
  readonly #cluster: ClusterState;
  readonly #namespace: string;

  constructor(cluster: ClusterState, namespace: string) {
    this.#cluster = cluster;
    this.#namespace = namespace;
  }

  /** Later sources win over earlier ones, and single variables over whole sources. */
  variablesOf({ envFrom = [], env = [] }: Container): Data {
    const variables: Record<string, string> = {};
    for (const { prefix = '', configMapRef, secretRef } of envFrom) {
      const data = this.#data(CONFIG_MAP, configMapRef) ?? this.#data(SECRET, secretRef) ?? {};
      for (const [key, value] of Object.entries(data)) variables[prefix + key] = value;
    }
    for (const variable of env) {
      const value = this.#value(variable);
      if (value !== undefined) variables[variable.name] = value;
    }
    return variables;
  }

  /** In the words of a kubelet; undefined when nothing is missing. */
  missingFor({ name, configMap, secret, projected }: Volume): string | undefined {
    const sources = projected?.sources ?? [];
    const references = [
      [CONFIG_MAP, configMap],
      [SECRET, secret && { name: secret.secretName, optional: secret.optional }],
      ...sources.map((source) => [CONFIG_MAP, source.configMap] as const),
      ...sources.map((source) => [SECRET, source.secret] as const),
    ] as const;
    for (const [source, reference] of references) {
      const missing = this.#missing(source, reference as NamedReference | undefined);
      if (missing !== undefined)
        return `MountVolume.SetUp failed for volume "${name}" : ${missing}`;
    }
    return undefined;
  }

  #value({ value, valueFrom }: EnvironmentVariable): string | undefined {
    const { configMapKeyRef, secretKeyRef } = valueFrom ?? {};
    if (configMapKeyRef !== undefined) return this.#key(CONFIG_MAP, configMapKeyRef);
    return secretKeyRef === undefined ? value : this.#key(SECRET, secretKeyRef);
  }

  #key(source: Source, reference: KeyReference): string | undefined {
    const value = this.#data(source, reference)?.[reference.key];
    if (value !== undefined || reference.optional === true) return value;
    const where = `${source.Word} ${this.#namespace}/${reference.name ?? ''}`;
    throw new MissingConfig(`couldn't find key ${reference.key} in ${where}`);
  }

  /** Undefined for no reference, and for an optional one to nothing. */
  #data(source: Source, reference: NamedReference | undefined): Data | undefined {
    const missing = this.#missing(source, reference);
    if (missing !== undefined) throw new MissingConfig(missing);
    if (reference?.name === undefined) return undefined;
    const object = this.#cluster.get(source.kind, this.#namespace, reference.name);
    const data = Object.entries((object?.['data'] ?? {}) as Data);
    return Object.fromEntries(data.map(([key, value]) => [key, source.decode(value)]));
  }

  #missing(source: Source, reference: NamedReference | undefined): string | undefined {
    if (reference?.name === undefined || reference.optional === true) return undefined;
    const object = this.#cluster.get(source.kind, this.#namespace, reference.name);
    return object === undefined ? `${source.word} "${reference.name}" not found` : undefined;
  }
}
