import type { KubeObject } from '../../src/ports/cluster.ts';
import type { Contents, DeploymentStatus } from './contents.ts';
import { aVirtualService, letterIn, REVISIONS } from './workload.ts';

/** What others do to the cluster; each answers the content after it, or undefined where it cannot be. */
export class Happenings {
  readonly #contents: Contents;
  readonly #known = new Map<string, number | undefined>();

  constructor(contents: Contents) {
    this.#contents = contents;
  }

  /** The controllers of the cluster do what a Deployment demands: its pods are there and ready. */
  settled(deployment: number): number | undefined {
    return this.#once('settled', deployment, (object) => {
      const { replicas, template } = object['spec'] as { replicas: number; template: unknown };
      const status: DeploymentStatus = {
        observedGeneration: 2,
        replicas,
        updatedReplicas: replicas,
        readyReplicas: replicas,
        availableReplicas: replicas,
        podsOf: letterIn(template),
      };
      return { ...object, status };
    });
  }

  /** All pods of a Deployment fail. */
  crashed(deployment: number): number | undefined {
    return this.#once('crashed', deployment, (object) => {
      const status = object['status'] as DeploymentStatus;
      return { ...object, status: { ...status, readyReplicas: 0, availableReplicas: 0 } };
    });
  }

  /** The team applies its next version. */
  released(deployment: number): number | undefined {
    return this.#once('released', deployment, (object) => {
      const spec = object['spec'] as { template: unknown };
      const at = REVISIONS.findIndex(({ letter }) => letter === letterIn(spec.template));
      const next = REVISIONS[at + 1];
      if (next === undefined) return object;
      const status = { ...(object['status'] as DeploymentStatus), observedGeneration: 1 };
      return { ...object, spec: { ...spec, template: next.template }, status };
    });
  }

  /** Git puts the VirtualService back as it stands there. */
  reset(routes: number): number | undefined {
    return this.#once('reset', routes, () => aVirtualService());
  }

  #once(what: string, id: number, change: (object: KubeObject) => KubeObject): number | undefined {
    const key = `${what}/${id}`;
    if (this.#known.has(key)) return this.#known.get(key);
    const after = id === 0 ? id : this.#contents.intern(change(this.#contents.must(id)));
    const answer = after === id ? undefined : after;
    this.#known.set(key, answer);
    return answer;
  }
}
