import type { ServerResponse } from 'node:http';

import { invalid } from '../objects/api-errors.ts';
import type { ApiRequest } from './api-request.ts';
import type { Cluster } from '../cluster.ts';
import { ApiError } from '../cluster-state.ts';
import type { Faults, WatchHandle } from '../faults.ts';
import { fieldFault } from '../objects/field-faults.ts';
import { renderEvent, type View } from './render.ts';
import type { ResourceDefinition } from '../objects/resource-definition.ts';
import { parseSelectors } from './selectors.ts';
import { WatchStream } from './watch-stream.ts';

/** Without a timeout of the client's own, a watch ends after half an hour to an hour. */
const SHORTEST_TIMEOUT = 1_800_000;

/** So long before the end that the client asked for, it is told once more how far it has come. */
const LAST_BOOKMARK = 2_000;

/** The open watches, each a stream of lines over its connection. */
export class WatchConnections {
  readonly #cluster: Cluster;
  readonly #faults: Faults;
  readonly #bookmarkEvery: number;
  readonly #closers = new Set<() => void>();

  constructor(cluster: Cluster, faults: Faults, bookmarkEvery: number) {
    this.#cluster = cluster;
    this.#faults = faults;
    this.#bookmarkEvery = bookmarkEvery;
  }

  /** Throws, before anything is sent, BadRequest or Invalid. */
  open(
    definition: ResourceDefinition,
    request: ApiRequest,
    response: ServerResponse,
    view: View,
  ): void {
    const { query, target } = request;
    const asked = {
      definition,
      namespace: target.namespace,
      matches: parseSelectors(
        definition,
        query.get('labelSelector') ?? '',
        query.get('fieldSelector') ?? '',
      ),
      ...startOf(query),
      bookmarks: query.get('allowWatchBookmarks') === 'true',
      bookmarkEvery: this.#bookmarkEvery,
    };
    response.writeHead(200, {
      'content-type': 'application/json',
      'cache-control': 'no-cache, private',
    });
    response.flushHeaders();
    let isFirst = true;
    const stream = new WatchStream(this.#cluster.storage, asked, {
      send: (type, object) => {
        const now = this.#cluster.now();
        response.write(renderEvent(definition, type, object, { ...view, now }, isFirst));
        isFirst = false;
      },
      end: () => response.end(),
    });
    this.#follow(stream, request, response);
  }

  stop(): void {
    for (const close of this.#closers) close();
  }

  #follow(stream: WatchStream, request: ApiRequest, response: ServerResponse): void {
    const asked = Number(request.query.get('timeoutSeconds') ?? 0) * 1000;
    const lasts = asked || SHORTEST_TIMEOUT * (1 + Math.random());
    const timeout = setTimeout(() => response.end(), lasts).unref();
    const farewell = setTimeout(() => stream.bookmark(), lasts - LAST_BOOKMARK).unref();
    if (lasts <= LAST_BOOKMARK) clearTimeout(farewell);
    const handle: WatchHandle = {
      path: pathOf(request),
      userAgent: request.userAgent,
      cut: () => response.destroy(),
      expire: () => stream.expire(),
      silence: () => stream.silence(),
    };
    const forget = this.#faults.watchOpened(handle);
    const close = (): void => {
      clearTimeout(timeout);
      clearTimeout(farewell);
      stream.close();
      forget();
      this.#closers.delete(close);
    };
    this.#closers.add(close);
    response.once('close', close);
  }
}

/** Without a revision, or with `0`, a watch begins with what exists. */
function startOf(query: URLSearchParams): {
  since: number | undefined;
  sendInitialEvents: boolean;
} {
  const version = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  const sendInitialEvents = query.get('sendInitialEvents') === 'true';
  if (sendInitialEvents && match !== 'NotOlderThan') {
    throw matchFault('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  if (match !== '' && !query.has('sendInitialEvents')) {
    throw matchFault(
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    );
  }
  const fromNow = version === '' || version === '0' || sendInitialEvents;
  return { since: fromNow ? undefined : revisionOf(version), sendInitialEvents };
}

function matchFault(detail: string): Error {
  return invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
    fieldFault.forbidden('resourceVersionMatch', detail),
  ]);
}

function revisionOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const detail = `strconv.ParseUint: parsing "${text}": invalid syntax`;
  throw new ApiError(500, '', `resourceVersion: Invalid value: "${text}": ${detail}`);
}

function pathOf({ target, query }: ApiRequest): string {
  const { group, version, namespace, resource } = target;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const home = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return `${root}${home}/${resource}?${query.toString()}`;
}
