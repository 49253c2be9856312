import { type PrometheusConnectionOptions, PrometheusDriver } from 'prometheus-query';
import { ISTIO_SERIES, type MeshSeries } from '../../ports/mesh-series.ts';
import { type Answer, readAnswer } from './answer.ts';
import { type Connection, connect, type ServerOptions } from './connection.ts';
import { type Attempt, failureOf, foreignAnswer, notCalled, PrometheusError } from './errors.ts';

export interface ClientOptions extends ServerOptions {
  /** For one query, whatever it waits for. Default 10 s. */
  readonly timeoutMs?: number;
  /** Most of an answer that is read, after decompression. Default 64 MiB. */
  readonly maxBytes?: number;
  /** How the server names what the mesh counts; by default as Istio does. */
  readonly series?: MeshSeries;
}

export interface QueryOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Queries of one server. Both reject with a `PrometheusError`, and with nothing else. */
export interface PrometheusClient {
  /** The server as people may see it. */
  readonly server: string;
  readonly series: MeshSeries;
  /** Evaluates now, by the server's own clock. */
  query(promql: string, options?: QueryOptions): Promise<Answer>;
  /** Evaluates at `from`, `from + step`, ... up to `to`, all in milliseconds. */
  range(promql: string, window: Window, options?: QueryOptions): Promise<Answer>;
  close(): void;
}

export interface Window {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/**
 * `prometheus-query`, taken at its raw answers: by itself it reads +Inf as NaN, drops warnings,
 * throws on native histograms and knows no deadline for a whole answer, no limit to its size and no
 * certificates.
 *
 * @throws TypeError when the URL is none.
 */
export function createClient(options: ClientOptions): PrometheusClient {
  const connection = connect(options);
  const server = `Prometheus at ${connection.shown}`;
  const limits = {
    timeoutMs: options.timeoutMs ?? 10_000,
    maxBytes: options.maxBytes ?? 64 * 2 ** 20,
  };
  let preferPost = true;
  const ask = async (run: Run, signal?: AbortSignal) => {
    if (connection.refusal !== undefined) throw notCalled(server, connection.refusal);
    const posts = preferPost;
    const attempt = () => exchange({ connection, server, ...limits, preferPost, run, signal });
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof PrometheusError)) throw error;
      // Proxies that only let readers in take a GET for one.
      const refusesPost = posts && (error.status === 405 || error.status === 501);
      if (!refusesPost && !error.stale) throw error;
      if (refusesPost) preferPost = false;
      return attempt();
    }
  };
  return {
    server,
    series: options.series ?? ISTIO_SERIES,
    query: (promql, { signal } = {}) => ask((driver) => driver.instantQuery(promql), signal),
    range: (promql, { from, to, step }, { signal } = {}) =>
      ask((driver) => driver.rangeQuery(promql, from, to, step / 1000), signal),
    close: () => connection.close(),
  };
}

type Run = (driver: PrometheusDriver) => Promise<unknown>;

interface Exchange {
  readonly connection: Connection;
  readonly server: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly preferPost: boolean;
  readonly run: Run;
  readonly signal: AbortSignal | undefined;
}

/** One request. The driver lives as long: its interceptors are the only way to what is particular. */
async function exchange(asked: Exchange): Promise<Answer> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), asked.timeoutMs);
  const { signal } = asked;
  const stop = signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal]);
  const attempt = (): Attempt => ({
    ...asked,
    timedOut: deadline.signal.aborted,
    cancelled: signal?.aborted === true,
    redact: (text) => asked.connection.redact(text),
  });
  let answer: Answer | undefined;
  const driver = new PrometheusDriver({
    endpoint: asked.connection.endpoint,
    preferPost: asked.preferPost,
    requestInterceptor: { onFulfilled: (request) => prepare(request, asked, stop) },
    responseInterceptor: {
      onFulfilled: (response) => {
        const read = readAnswer(response.data, response.headers['date']);
        if (read === undefined) throw foreignAnswer(response.headers['content-type'], attempt());
        answer = { ...read, warnings: read.warnings.map((text) => asked.connection.redact(text)) };
        return { ...response, data: HOLLOW };
      },
      onRejected: (error: unknown) => {
        throw failureOf(error, attempt());
      },
    },
  });
  try {
    await asked.run(driver);
    if (answer === undefined) throw foreignAnswer(undefined, attempt());
    return answer;
  } catch (error) {
    // The driver wraps whatever an interceptor throws.
    throw failureOf((error as { original?: unknown }).original ?? error, attempt());
  } finally {
    clearTimeout(timer);
  }
}

/** What the driver is left to parse. */
const HOLLOW = { status: 'success', data: { resultType: 'vector', result: [] } };

type Interceptor = NonNullable<PrometheusConnectionOptions['requestInterceptor']>['onFulfilled'];
type Request = Parameters<Interceptor>[0];

async function prepare(request: Request, asked: Exchange, signal: AbortSignal): Promise<Request> {
  const { connection, maxBytes } = asked;
  const headers = await connection.headers();
  for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
  // Without a time the server takes its own, which is the one its samples carry.
  for (const form of [request.params, request.data]) {
    if (form instanceof URLSearchParams) form.delete('time');
  }
  return {
    ...request,
    ...connection.agents,
    ...(connection.direct ? { proxy: false } : {}),
    signal,
    timeout: 0,
    maxContentLength: maxBytes,
    maxRedirects: 0,
  };
}
