import type { IncomingMessage } from 'node:http';

import { unknownResource } from '../objects/api-errors.ts';
import {
  aggregatedDiscovery,
  coreVersions,
  groupDocument,
  groupList,
  resourceList,
} from './discovery.ts';
import { aggregatedDiscoveryVersion } from './negotiation.ts';
import { openApiDocument, openApiIndex } from './openapi.ts';
import type { ResourceRegistry } from '../objects/resource-registry.ts';

export interface ServerDocument {
  type: string;
  body: unknown;
}

const VERSION = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.4',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-02-10T12:00:00Z',
  goVersion: 'go1.24.13',
  compiler: 'gc',
  platform: 'linux/amd64',
};

/** What the server says about itself: version, health, discovery, OpenAPI. Throws for the unknown. */
export function serverDocument(
  registry: ResourceRegistry,
  path: string,
  headers: IncomingMessage['headers'],
): ServerDocument {
  if (['/healthz', '/readyz', '/livez'].includes(path)) return { type: 'text/plain', body: 'ok' };
  const parts = path.split('/').filter((part) => part !== '');
  const [root, first, second, third] = parts;
  const aggregated = aggregatedDiscoveryVersion(headers.accept);
  if (parts.length === 1 && aggregated && (root === 'api' || root === 'apis')) {
    return {
      type: `application/json;g=apidiscovery.k8s.io;v=${aggregated};as=APIGroupDiscoveryList`,
      body: aggregatedDiscovery(registry, root === 'api', aggregated),
    };
  }
  const body = documentAt(registry, root, first, second, third, parts);
  if (body === undefined) throw unknownResource();
  return { type: 'application/json', body };
}

function documentAt(
  registry: ResourceRegistry,
  root: string | undefined,
  first: string | undefined,
  second: string | undefined,
  third: string | undefined,
  parts: string[],
): unknown {
  switch (root) {
    case 'version':
      return VERSION;
    case 'api':
      return first === undefined ? coreVersions() : resourceList(registry, '', first);
    case 'apis':
      if (first === undefined) return groupList(registry);
      return second === undefined
        ? groupDocument(registry, first)
        : resourceList(registry, first, second);
    case 'openapi':
      return first === 'v3' ? openApi(registry, second, third, parts[4]) : undefined;
    default:
      return undefined;
  }
}

function openApi(
  registry: ResourceRegistry,
  kind: string | undefined,
  first: string | undefined,
  second: string | undefined,
): unknown {
  if (kind === undefined) return openApiIndex(registry);
  const [group, version] = kind === 'api' ? ['', first] : [first, second];
  if (group === undefined || version === undefined) return undefined;
  return openApiDocument(registry, group, version);
}
