import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { SELF_SIGNED } from '../builders/self-signed.ts';

/** A server that refuses everything, and repeats in its refusal whatever it was sent. */
export interface Echo {
  readonly url: string;
  /** The same behind a certificate that nobody trusts. */
  readonly secureUrl: string;
  /** All it was sent, secrets and all. */
  heard(): string;
  close(): Promise<void>;
}

export async function startEcho(): Promise<Echo> {
  const heard: string[] = [];
  const answer: http.RequestListener = (request, response) => {
    void textOf(request).then((body) => {
      const { authorization = '' } = request.headers;
      const all = `${authorization} sent ${request.url} ${JSON.stringify(request.headers)} ${body}`;
      const isMetadata = request.url?.startsWith('/metadata');
      const echo = isMetadata ? body.slice(body.indexOf('"metadata"')) : all;
      heard.push(echo);
      return request.url?.startsWith('/prometheus')
        ? send(
            response,
            400,
            JSON.stringify({ status: 'error', errorType: 'bad_data', error: echo }),
          )
        : send(response, 500, echo);
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

function send(response: http.ServerResponse, code: number, body: string): void {
  response.writeHead(code, {
    'content-type': body.startsWith('{') ? 'application/json' : 'text/plain',
  });
  response.end(body);
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
