import { type Dispatcher, request } from 'undici';
import type { z } from 'zod';
import { basicHeader } from '../../api/basic-header.ts';
import { concealed, shownUrl } from '../../api/concealed.ts';
import { percentDecoded } from '../../api/percent.ts';
import type { Reach } from '../../ports/reach.ts';
import { agentFor, refusalOfUrl } from './agents.ts';
import { jsonOf } from './json.ts';
import {
  type Failure,
  foreignAnswer,
  notCalled,
  partialAnswer,
  refusalOf,
  type Refused,
  TooLarge,
  unanswered,
} from './failures.ts';
import type { StoreError } from './store.ts';

export interface LineOptions {
  /** Whom people know at the other end. */
  readonly title: string;
  /** Headers of the template; those of a call go before. */
  readonly headers?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly insecureSkipVerify?: boolean;
  /** Where the address may lead; undefined where no manifest names it. */
  readonly reach: Reach | undefined;
  readonly deadline: Deadline;
  /** What no sentence may repeat. */
  readonly secrets?: readonly (string | undefined)[];
}

/** For everything that one measurement waits for. */
export interface Deadline {
  readonly ms: number;
  readonly signal: AbortSignal;
}

export interface Call {
  /** A user and a password in it become the `Authorization` header, if there is no other. */
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** With one, the call is a POST. */
  readonly body?: string;
  /** Reads what an answer says that is no success; undefined: nothing that is known. */
  readonly failure?: (body: unknown) => Failure | undefined;
}

/** One number is all that is wanted; whoever sends more has a query that is wrong. */
const MAX_BYTES = 2 ** 20;

/** HTTP to one store: with a deadline, a limit to what is read, no redirects, and no secret in errors. */
export class Line {
  readonly #options: LineOptions;
  readonly #secrets: (string | undefined)[];

  constructor(options: LineOptions) {
    this.#options = options;
    this.#secrets = [...(options.secrets ?? [])];
  }

  /** One more that no sentence may repeat. */
  conceal(secret: string | undefined): void {
    this.#secrets.push(secret);
  }

  /** The body of a success. @throws StoreError */
  async text(call: Call): Promise<string> {
    const { status, body, retryAfterMs } = await this.#exchange(call);
    if (status >= 200 && status < 300) return body;
    const failure = call.failure?.(jsonOf(body)) ?? { words: plainText(body) };
    throw this.#refusal(call, { status, retryAfterMs }, failure);
  }

  /** The body of a success, as the store writes them. @throws StoreError */
  async json<S extends z.ZodType>(call: Call, schema: S): Promise<z.output<S>> {
    const read = schema.safeParse(jsonOf(await this.text(call)));
    if (read.success) return read.data;
    throw this.foreign(call);
  }

  foreign(call: Call): StoreError {
    return foreignAnswer(this.#whom(call));
  }

  /** A success that says of itself that it is none. */
  failed(call: Call, failure: Failure): StoreError {
    return this.#refusal(call, { status: 200 }, failure);
  }

  partial(call: Call, words: string): StoreError {
    return partialAnswer(this.#whom(call), this.#shown(words));
  }

  #refusal(call: Call, refused: Refused, failure: Failure): StoreError {
    return refusalOf(this.#whom(call), refused, { ...failure, words: this.#shown(failure.words) });
  }

  #whom({ url }: Call): string {
    return `${this.#options.title} at ${shownUrl(new URL('/', url))}`;
  }

  /** A text of somebody else: on one line, short, without secrets. */
  #shown(text: string): string {
    const line = concealed(text, this.#secrets).replaceAll(/\s+/g, ' ').trim();
    return line.length <= 300 ? line : `${line.slice(0, 297)}...`;
  }

  async #exchange(call: Call): Promise<Refused & { body: string }> {
    const { reach, deadline, insecureSkipVerify: anyCertificate = false } = this.#options;
    const refusal = refusalOfUrl(call.url, reach);
    if (refusal !== undefined) throw notCalled(this.#whom(call), refusal);
    const agent = agentFor(call.url, { reach, anyCertificate });
    try {
      const response = await request(withoutUser(call.url), {
        dispatcher: agent,
        method: call.body === undefined ? 'GET' : 'POST',
        headers: this.#headersOf(call),
        body: call.body ?? null,
        signal: deadline.signal,
        // One deadline holds for all of it.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      const retryAfterMs = retryAfterOf(response.headers);
      return { status: response.statusCode, body: await bodyOf(response), retryAfterMs };
    } catch (error) {
      const timedOutMs = deadline.signal.aborted ? deadline.ms : undefined;
      throw unanswered(error, this.#whom(call), { timedOutMs, shown: (text) => this.#shown(text) });
    } finally {
      await agent.destroy();
    }
  }

  #headersOf({ url, headers = {} }: Call): Record<string, string | string[]> {
    const own = Object.entries(this.#options.headers ?? {});
    const basic = basicOf(url);
    this.conceal(basic);
    this.conceal(headers['Authorization']);
    return Object.fromEntries([
      ['user-agent', 'linnet'],
      ...(basic === undefined ? [] : [['authorization', basic] as const]),
      ...own.map(([name, values]) => [name.toLowerCase(), [...values]] as const),
      ...Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const),
    ]);
  }
}

function withoutUser({ origin, pathname, search }: URL): string {
  return `${origin}${pathname}${search}`;
}

function basicOf({ username, password }: URL): string | undefined {
  return username === ''
    ? undefined
    : basicHeader(percentDecoded(username), percentDecoded(password));
}

async function bodyOf({ body }: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BYTES) throw new TooLarge();
  }
  return Buffer.concat(chunks).toString();
}

/** Seconds or a date; Datadog has a header of its own. At most five minutes: nobody hears of an end. */
function retryAfterOf(headers: Dispatcher.ResponseData['headers']): number | undefined {
  const text = headers['retry-after'] ?? headers['x-ratelimit-reset'];
  if (typeof text !== 'string') return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return ms > 0 ? Math.min(ms, 300_000) : undefined;
}

/** A page of HTML helps nobody. */
function plainText(body: string): string {
  return /^\s*</.test(body) ? '' : body;
}

/** A path below an address, with parameters; a query in the address itself is not kept. */
export function under(address: string, path: string, parameters: Record<string, string> = {}): URL {
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`;
  url.search = new URLSearchParams(parameters).toString();
  url.hash = '';
  return url;
}
