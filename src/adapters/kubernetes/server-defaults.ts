import { isDeepStrictEqual } from 'node:util';
import {
  ClusterError,
  type ApiClient,
  type KubeObject,
  type ResourceKind,
} from '../../ports/cluster.ts';
import { templateOf, type Template } from './deployment.ts';
import { fingerprintOnce } from './fingerprint.ts';
import { Recent } from './recent.ts';

/**
 * Tells whether two pod templates differ only by what the API server or its webhooks add: a dry run
 * that writes the one yields the other. An upgrade of the cluster then changes nothing for Linnet.
 */
export class ServerDefaults {
  readonly #api: ApiClient;
  readonly #answers = new Recent<boolean>();

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /**
   * Whether writing `template` onto the workload would yield the template that it has. Asked once
   * for each pair. Rejects when the API server cannot answer; a refusal of the template is a "no".
   */
  async yields(kind: ResourceKind, live: KubeObject, template: Template): Promise<boolean> {
    const key = pairKey(live, template);
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    return this.#answers.set(key, await this.#dryRun(kind, live, template));
  }

  /** What `yields` has answered before; false when it was not asked. Makes no request. */
  isKnownToYield(live: KubeObject, template: Template): boolean {
    return this.#answers.get(pairKey(live, template)) ?? false;
  }

  async #dryRun(kind: ResourceKind, live: KubeObject, template: Template): Promise<boolean> {
    const { namespace, name } = live.metadata;
    const body = [{ op: 'replace', path: '/spec/template', value: template }];
    try {
      const result = await this.#api.patch(kind, namespace, name, 'json', body, { dryRun: true });
      return isDeepStrictEqual(templateOf(result), templateOf(live));
    } catch (error) {
      if (error instanceof ClusterError && REFUSALS.has(error.code)) return false;
      throw error;
    }
  }
}

/** Answers that asking again would not change: not valid, forbidden, no dry run, gone. */
const REFUSALS: ReadonlySet<number> = new Set([400, 403, 404, 422]);

function pairKey(live: KubeObject, template: Template): string {
  return `${live.metadata.uid}/${fingerprintOnce(templateOf(live))}/${fingerprintOnce(template)}`;
}
