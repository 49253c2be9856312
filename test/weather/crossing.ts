import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request as ask, type Dispatcher } from 'undici';
import type { Connection } from '../cluster/kube/api-client.ts';
import { OpenWatch } from './open-watch.ts';

/** A request that has come as a whole, and has gone no further yet. */
export interface Passing {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  readonly isWatch: boolean;
}

/** An answer; of a watch that is let in, only its beginning. */
export interface Answer {
  readonly status: number;
  readonly headers?: http.IncomingHttpHeaders;
  readonly body?: Buffer | string;
}

/**
 * What becomes of a request. It may be let through, with or without its answer reaching whoever
 * asked; `undefined` breaks the connection.
 */
export type Weather = (
  passing: Passing,
  forward: () => Promise<Answer>,
) => Promise<Answer | undefined>;

/** The only way to a server, on which the weather can be made. */
export interface Crossing {
  readonly url: string;
  /** Makes weather, around all that is there already; returns what ends it. */
  under(weather: Weather): () => void;
  /** Those that are open. */
  readonly watches: ReadonlySet<OpenWatch>;
  close(): Promise<void>;
}

export type Destination = Pick<Connection, 'url' | 'caFile'> & { readonly token?: string };

/** Whoever crosses does so as the holder of the connection's token, where it has one. */
export async function startCrossing(to: Destination): Promise<Crossing> {
  const ca = to.caFile === undefined ? {} : { ca: readFileSync(to.caFile) };
  const requests = new Agent({ connect: ca });
  const streams = new Agent({ connect: ca, headersTimeout: 0, bodyTimeout: 0 });
  const watches = new Set<OpenWatch>();
  const weathers = new Set<Weather>();

  function sent({ method, path, headers, body }: Passing, dispatcher: Agent) {
    const token = to.token === undefined ? {} : { authorization: `Bearer ${to.token}` };
    return ask(to.url + path, {
      method,
      dispatcher,
      headers: { ...endToEnd(headers), ...token },
      body: body.length === 0 ? null : body,
    });
  }

  async function pass(passing: Passing, response: http.ServerResponse): Promise<void> {
    let stream: Dispatcher.ResponseData | undefined;
    const forward = async (): Promise<Answer> => {
      const answer = await sent(passing, passing.isWatch ? streams : requests);
      const told = { status: answer.statusCode, headers: answer.headers };
      if (!passing.isWatch || answer.statusCode !== 200) {
        return { ...told, body: Buffer.from(await answer.body.arrayBuffer()) };
      }
      stream = answer;
      return told;
    };
    const through = [...weathers].reduce<typeof forward>(
      (inner, weather) => async () => {
        const answer = await weather(passing, inner);
        if (answer === undefined) throw new LostAnswer();
        return answer;
      },
      forward,
    );
    const answer = await through().catch((error: unknown) => {
      if (error instanceof LostAnswer) return undefined;
      throw error;
    });
    if (answer !== undefined && answer.body === undefined && stream !== undefined) {
      const watch = new OpenWatch(passing.path, stream, response);
      watches.add(watch);
      void watch.ended.then(() => watches.delete(watch));
      return;
    }
    stream?.body.destroy();
    if (answer === undefined) response.socket?.resetAndDestroy();
    else response.writeHead(answer.status, endToEnd(answer.headers ?? JSON_TEXT)).end(answer.body);
  }

  const server = http.createServer((incoming, response) => {
    response.on('error', () => undefined);
    void wholeOf(incoming)
      .then((passing) => pass(passing, response))
      // The server is away, or whoever asked has gone: to the other side both are a cut line.
      .catch(() => response.socket?.resetAndDestroy());
  });
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const crossing: Crossing = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    under(weather) {
      weathers.add(weather);
      return () => void weathers.delete(weather);
    },
    watches,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Promise.all([requests.destroy(), streams.destroy()]);
    },
  };
  return crossing;
}

/** The connection is to be broken. */
class LostAnswer extends Error {}

const JSON_TEXT = { 'content-type': 'application/json' };

async function wholeOf(incoming: http.IncomingMessage): Promise<Passing> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const { method = 'GET', url = '/', headers } = incoming;
  const isWatch = /[?&]watch=(true|1)/.test(url);
  return { method, path: url, headers, body: Buffer.concat(chunks), isWatch };
}

/** Without what belongs to one connection only. */
function endToEnd(headers: http.IncomingHttpHeaders): Record<string, string | string[]> {
  const kept = Object.entries(headers).filter(
    ([name, value]) => value !== undefined && !HOP_BY_HOP.has(name),
  );
  return Object.fromEntries(kept) as Record<string, string | string[]>;
}

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
  'expect',
  'upgrade',
]);
