import type { MetricTemplate } from '../../api/metric-template.ts';
import { TemplateError } from '../../api/query-template.ts';
import type { Reach } from '../../ports/reach.ts';
import { type ClientOptions, createClient, type PrometheusClient } from './client.ts';

/** Decoded data of a Secret; undefined when it does not exist. */
export type ReadSecret = (
  namespace: string,
  name: string,
) => Promise<Readonly<Record<string, string>> | undefined>;

/** Clients of the servers that MetricTemplates name, each kept while its template stays as it is. */
export class TemplateClients {
  readonly #kept = new Map<string, { made: string; client: PrometheusClient }>();
  readonly #fallback: string;
  readonly #readSecret: ReadSecret;
  readonly #reach: Reach | undefined;

  /**
   * @param fallback address of the server that templates without an address mean; a user and a
   *   password in it are not theirs to use.
   * @param reach where the addresses of templates may lead.
   */
  constructor(fallback: string, readSecret: ReadSecret, reach: Reach | undefined) {
    this.#fallback = withoutUser(fallback);
    this.#readSecret = readSecret;
    this.#reach = reach;
  }

  /**
   * The client of a template's server, with the template's credentials and no others.
   *
   * @throws TemplateError when its Secret does not exist or lacks the keys.
   */
  async clientOf(template: MetricTemplate): Promise<PrometheusClient> {
    const { namespace, name } = template.metadata;
    const options = await this.#optionsOf(template);
    const key = `${namespace}/${name}`;
    const made = JSON.stringify(options);
    const kept = this.#kept.get(key);
    if (kept?.made === made) return kept.client;
    kept?.client.close();
    const client = createClient({
      ...options,
      reach: template.spec.provider.address === undefined ? undefined : this.#reach,
    });
    this.#kept.set(key, { made, client });
    return client;
  }

  close(): void {
    for (const { client } of this.#kept.values()) client.close();
    this.#kept.clear();
  }

  async #optionsOf({ metadata, spec }: MetricTemplate): Promise<ClientOptions> {
    const { address, secretRef, headers, insecureSkipVerify } = spec.provider;
    const secret =
      secretRef === undefined ? {} : await this.#credentials(metadata.namespace, secretRef.name);
    return {
      url: address ?? this.#fallback,
      insecureSkipVerify,
      headers,
      // One number is all that is wanted; whoever sends more has a query that is wrong.
      maxBytes: 2 ** 20,
      ...secret,
    };
  }

  async #credentials(
    namespace: string,
    name: string,
  ): Promise<Pick<ClientOptions, 'token' | 'basic'>> {
    const data = await this.#readSecret(namespace, name);
    if (data === undefined) throw new TemplateError(`Secret ${namespace}/${name} does not exist`);
    const { token, username, password } = data;
    if (token !== undefined) return { token: token.trim() };
    if (username !== undefined && password !== undefined) return { basic: { username, password } };
    const found = Object.keys(data).join(', ') || 'no key';
    throw new TemplateError(
      `Secret ${namespace}/${name} has ${found.slice(0, 200)}, allowed is token, or username and password`,
    );
  }
}

function withoutUser(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href;
}
