import { setTimeout as sleep } from 'node:timers/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { statusOf, unknownResource } from '../objects/api-errors.ts';
import { parseBody, type ApiRequest } from './api-request.ts';
import type { Cluster } from '../cluster.ts';
import { ApiError } from '../cluster-state.ts';
import type { Faults } from '../faults.ts';
import { negotiate } from './negotiation.ts';
import { render, serialize, type View } from './render.ts';
import { parseTarget, type ResourceTarget } from './request-target.ts';
import type { ResourceDefinition } from '../objects/resource-definition.ts';
import { handleResource } from './resource-handlers.ts';
import { answerReview, findReview } from './reviews.ts';
import { serverDocument } from './server-documents.ts';
import type { IncludeObject } from '../table/table.ts';
import { WatchConnections } from './watch-connections.ts';

export interface HandlingOptions {
  token: string | undefined;
  bookmarkEvery: number;
}

/** Largest body taken, in bytes: what the real server allows. */
const LARGEST_BODY = 3 * 1024 * 1024;

/** From an HTTP request to its answer: bad weather first, then who asks, then what for. */
export class RequestHandling {
  readonly #cluster: Cluster;
  readonly #faults: Faults;
  readonly #options: HandlingOptions;
  readonly #watches: WatchConnections;

  constructor(cluster: Cluster, faults: Faults, options: HandlingOptions) {
    this.#cluster = cluster;
    this.#faults = faults;
    this.#options = options;
    this.#watches = new WatchConnections(cluster, faults, options.bookmarkEvery);
  }

  /** Never rejects: whatever goes wrong becomes the answer. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const warnings: string[] = [];
    response.once('finish', () => this.#record(request, response.statusCode));
    try {
      if (await this.#isSpoilt(request, response)) return;
      this.#authenticate(request);
      await this.#dispatch(request, response, warnings);
    } catch (error) {
      const refusal = error instanceof ApiError ? error : internalError(error);
      send(response, refusal.code, statusOf(refusal), { yaml: false }, warnings, refusal);
    }
  }

  stop(): void {
    this.#watches.stop();
  }

  async #isSpoilt(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    if (this.#faults.unreachable) {
      request.socket.destroy();
      return true;
    }
    if (this.#faults.latency > 0) await sleep(this.#faults.latency);
    const { method = 'GET', url: path = '/' } = request;
    const answer = this.#faults.takeAnswer({ method, path, userAgent: userAgentOf(request) });
    if (!answer) return false;
    const reasons: Record<number, string> = {
      409: 'Conflict',
      410: 'Expired',
      429: 'TooManyRequests',
      500: 'InternalError',
      503: 'ServiceUnavailable',
    };
    const details =
      answer.retryAfter === undefined ? undefined : { retryAfterSeconds: answer.retryAfter };
    const reason = reasons[answer.status] ?? '';
    const error = new ApiError(answer.status, reason, 'injected by a test', details);
    request.resume();
    send(response, error.code, statusOf(error), { yaml: false }, [], error);
    return true;
  }

  #authenticate(request: IncomingMessage): void {
    const { token } = this.#options;
    if (token === undefined || request.headers.authorization === `Bearer ${token}`) return;
    throw new ApiError(401, 'Unauthorized', 'Unauthorized');
  }

  async #dispatch(
    request: IncomingMessage,
    response: ServerResponse,
    warnings: string[],
  ): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://server');
    const parsed = parseTarget(url.pathname);
    const body = await readBody(request);
    if (parsed.type === 'document') {
      const document = serverDocument(this.#cluster.registry, url.pathname, request.headers);
      sendDocument(response, document.type, document.body);
      return;
    }
    const apiRequest: ApiRequest = {
      method: request.method ?? 'GET',
      target: parsed.target,
      query: url.searchParams,
      body,
      contentType: request.headers['content-type'] ?? '',
      accept: request.headers.accept,
      userAgent: userAgentOf(request),
      warnings,
    };
    this.#serveResource(apiRequest, response);
  }

  #serveResource(request: ApiRequest, response: ServerResponse): void {
    const { target, query, warnings } = request;
    const review = findReview(target.group, target.version, target.resource);
    if (review) {
      send(response, 201, answerReview(review, parseBody(request)), { yaml: false }, warnings);
      return;
    }
    if (!this.#servesGroup(target)) {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
      response.end('404 page not found\n');
      return;
    }
    const definition = this.#definition(target);
    if (definition.deprecation) warnings.push(definition.deprecation);
    const include = (query.get('includeObject') ?? 'Metadata') as IncludeObject;
    const view: View = { ...negotiate(request.accept), include, now: this.#cluster.now() };
    if (isWatch(request)) {
      this.#watches.open(definition, request, response, view);
      return;
    }
    const answer = handleResource(this.#cluster, definition, request);
    send(response, answer.status, render(definition, answer.body, view), view, warnings);
  }

  /** Of a group of custom resources only what is defined is answered for, in the API's own words. */
  #servesGroup(target: ResourceTarget): boolean {
    const { registry } = this.#cluster;
    const ofGroup = registry.all().filter(({ group }) => group === target.group);
    return registry.find(target) !== undefined || ofGroup.some(({ custom }) => !custom);
  }

  #definition(target: ResourceTarget): ResourceDefinition {
    const definition = this.#cluster.registry.find(target);
    if (!definition) throw unknownResource();
    if (!definition.namespaced && target.namespace !== undefined) throw unknownResource();
    return definition;
  }

  #record(request: IncomingMessage, status: number): void {
    const { method = 'GET', url: path = '/' } = request;
    const verb = verbOf(method, path);
    const at = this.#cluster.now();
    this.#faults.record({ method, path, userAgent: userAgentOf(request), status, verb, at });
  }
}

/** Only collections are watched: asked of one object, it is answered as a get. */
function isWatch({ method, query, target }: ApiRequest): boolean {
  const asked = query.get('watch');
  return method === 'GET' && target.name === undefined && (asked === 'true' || asked === '1');
}

function verbOf(method: string, path: string): string {
  const url = new URL(path, 'http://server');
  const parsed = parseTarget(url.pathname);
  const isNamed = parsed.type === 'resource' && parsed.target.name !== undefined;
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return isNamed ? 'delete' : 'deletecollection';
    default:
      if (/[?&]watch=(true|1)\b/.test(path)) return 'watch';
      return isNamed || parsed.type === 'document' ? 'get' : 'list';
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) {
      throw new ApiError(
        413,
        'RequestEntityTooLarge',
        `Request entity too large: limit is ${LARGEST_BODY}`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  view: Pick<View, 'yaml'>,
  warnings: readonly string[],
  refusal?: ApiError,
): void {
  const { type, text } = serialize(body, view);
  if (warnings.length > 0) {
    response.setHeader(
      'Warning',
      warnings.map((text) => `299 - ${JSON.stringify(text)}`),
    );
  }
  const retryAfter = refusal?.details?.retryAfterSeconds;
  if (retryAfter !== undefined) response.setHeader('Retry-After', String(retryAfter));
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-cache, private' });
  response.end(text);
}

function sendDocument(response: ServerResponse, type: string, body: unknown): void {
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache, private' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

function internalError(error: unknown): ApiError {
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  });
}

function userAgentOf(request: IncomingMessage): string {
  return request.headers['user-agent'] ?? '';
}
