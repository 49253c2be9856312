import { builtinDefinitions } from './builtin/definitions.ts';
import type { JsonObject } from './cluster-state.ts';
import { crdRules, followDefinitions } from './custom/lifecycle.ts';
import { GarbageCollector } from './objects/garbage-collector.ts';
import { NamespaceLifecycle, namespaceRules } from './builtin/namespace-lifecycle.ts';
import { ObjectDeletion } from './objects/deletion.ts';
import { INTERNAL_WRITE, ObjectWrites, type Admission } from './objects/writes.ts';
import { jobRules } from './builtin/job-rules.ts';
import { podRules } from './builtin/pod-rules.ts';
import { ResourceRegistry } from './objects/resource-registry.ts';
import { serviceRules } from './builtin/service-addresses.ts';
import { Storage } from './objects/storage.ts';

export interface ClusterOptions {
  /** How many commits a watch may lie behind before it gets 410 Expired. */
  historySize?: number;
  now?: () => Date;
  admit?: Admission;
}

/** A cluster without its HTTP face: what is stored, what is served, and the API's own upkeep. */
export class Cluster {
  readonly storage: Storage;
  readonly registry = new ResourceRegistry();
  readonly writes: ObjectWrites;
  readonly deletion: ObjectDeletion;
  readonly now: () => Date;
  readonly #stops: (() => void)[] = [];

  constructor({ historySize, now = () => new Date(), admit = () => {} }: ClusterOptions = {}) {
    this.now = now;
    this.storage = new Storage(historySize);
    const rules = {
      customresourcedefinitions: crdRules(now),
      services: serviceRules(this.storage),
      namespaces: namespaceRules,
      pods: podRules,
      jobs: jobRules,
    };
    for (const definition of builtinDefinitions(rules)) this.registry.add(definition);
    this.writes = new ObjectWrites(this.storage, now, admit);
    this.deletion = new ObjectDeletion(this.storage, this.writes, now, admit);
    this.#stops.push(followDefinitions(this.storage, this.registry));
    this.#bootstrap();
    const collector = new GarbageCollector(this.storage, this.registry, this.deletion);
    const namespaces = new NamespaceLifecycle(
      this.storage,
      this.registry,
      this.writes,
      this.deletion,
    );
    this.#stops.push(collector.start(), namespaces.start());
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** What a fresh cluster has: its namespaces and the Service of the API itself. */
  #bootstrap(): void {
    for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system']) {
      this.#create('v1', 'namespaces', undefined, { metadata: { name } });
    }
    this.#create('v1', 'services', 'default', {
      metadata: { name: 'kubernetes', labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: {
        clusterIP: '10.96.0.1',
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
      },
    });
  }

  #create(version: string, resource: string, namespace: string | undefined, raw: JsonObject): void {
    const definition = this.registry.find({ group: '', version, resource });
    if (definition) this.writes.create(definition, namespace, raw, INTERNAL_WRITE);
  }
}
