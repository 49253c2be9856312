import type { Canary } from '../../src/api/canary.ts';
import type { KubeObject } from '../../src/ports/cluster.ts';
import { VIRTUAL_SERVICE } from '../../src/ports/kinds.ts';
import type { FakeCluster } from './fake-cluster.ts';
import type { RecordedWrite, RecordingApi } from './recording-api.ts';
import { aVirtualService } from './istio-routes.ts';
import { aCanary, type CanaryParts } from './routed-canary.ts';

/** The user's VirtualService `shop/front`, in which Linnet shifts routes. */
export function theirs(http: unknown[], annotations?: Record<string, string>): KubeObject {
  return aVirtualService(
    'front',
    { hosts: ['shop.example.com'], gateways: ['istio-system/public'], http },
    { uid: 'uid-vs', ...(annotations && { annotations }) },
  );
}

/** Shifts routes of `shop/front`: those named, or all that lead to `web`. */
export function userCanary(parts: CanaryParts & { routes?: string[] } = {}): Canary {
  const { routes, spec, ...rest } = parts;
  const routing = { virtualServiceRef: { name: 'front' }, ...(routes && { routes }) };
  return aCanary({ ...rest, spec: { routing, ...spec } });
}

/** The http routes of `shop/front` as they are now. */
export function httpOf(cluster: FakeCluster): unknown[] {
  const { spec } = cluster.find(VIRTUAL_SERVICE, 'shop', 'front') as { spec?: { http?: [] } };
  return spec?.http ?? [];
}

/** What was written to `shop/front`; the DestinationRules are Linnet's own. */
export function writesTo(cluster: RecordingApi): RecordedWrite[] {
  return cluster.recorded.filter(({ name }) => name === 'shop/front');
}
