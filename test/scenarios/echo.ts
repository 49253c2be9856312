import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { type AskedStore, saying } from '../builders/fake-store.ts';
import { SELF_SIGNED } from '../builders/self-signed.ts';
import type { StoreCase } from '../conformance/metric-stores/store-case.ts';
import { STORES } from '../conformance/metric-stores/stores.ts';

/** A server that refuses everything, and repeats in its refusal whatever it was sent. */
export interface Echo {
  readonly url: string;
  /** The same behind a certificate that nobody trusts. */
  readonly secureUrl: string;
  /** All it was sent, secrets and all. */
  heard(): string;
  close(): Promise<void>;
}

/** Under which it refuses as a metrics store does: with its type after it. */
export const STORE_PATH = '/stores/';
/** Under which it refuses as Google does where tokens are given. */
export const GRANTS_PATH = '/grants';

export async function startEcho(): Promise<Echo> {
  const heard: string[] = [];
  const answer: http.RequestListener = (request, response) => {
    void askedOf(request).then((asked) => {
      const store = STORES.find(({ type }) => isBelow(asked, `${STORE_PATH}${type}`));
      const echo = store === undefined ? echoOf(asked) : echoOfStore(store, asked);
      heard.push(echo);
      if (store !== undefined) return refuseAs(store, asked, echo, response);
      if (isBelow(asked, '/prometheus')) {
        return saying({ status: 'error', errorType: 'bad_data', error: echo }, 400)(
          asked,
          response,
        );
      }
      if (isBelow(asked, GRANTS_PATH)) {
        return saying({ error: 'invalid_grant', error_description: echoOfGrants(asked) }, 400)(
          asked,
          response,
        );
      }
      return saying(echo, 500)(asked, response);
    });
  };
  const servers = [http.createServer(answer), https.createServer(SELF_SIGNED, answer)];
  const [plain, secure] = await Promise.all(servers.map(listen));
  return {
    url: `http://127.0.0.1:${plain}`,
    secureUrl: `https://127.0.0.1:${secure}`,
    heard: () => heard.join('\n'),
    async close() {
      for (const server of servers) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((end) => server.close(end))));
    },
  };
}

function isBelow({ path }: AskedStore, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

function echoOf({ path, query, headers, body }: AskedStore): string {
  if (path.startsWith('/metadata')) return body.slice(body.indexOf('"metadata"'));
  const { authorization = '' } = headers;
  const target = query.size === 0 ? path : `${path}?${query.toString()}`;
  return `${authorization} sent ${target} ${JSON.stringify(headers)} ${body}`;
}

/** What proves who asks goes before: only so much of a refusal is shown. */
function echoOfStore({ identityIn }: StoreCase, asked: AskedStore): string {
  return `${JSON.stringify(identityIn(asked))} sent ${echoOf(asked)}`;
}

function echoOfGrants(asked: AskedStore): string {
  return `${new URLSearchParams(asked.body).get('assertion')} sent ${echoOf(asked)}`;
}

/** Whoever only proves who it is gets its token first. */
function refuseAs(
  { type, identity, refusal }: StoreCase,
  asked: AskedStore,
  echo: string,
  response: http.ServerResponse,
): void {
  const below = { ...asked, path: asked.path.slice(`${STORE_PATH}${type}`.length) };
  if (identity?.(below, response) !== true) refusal(400, echo)(below, response);
}

async function askedOf(request: http.IncomingMessage): Promise<AskedStore> {
  const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://echo');
  const { method = '', headers } = request;
  return { method, path, query, headers, body: await textOf(request) };
}

async function textOf(request: http.IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}

async function listen(server: http.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
