import type { RawApi } from '../../cluster/kube/api-client.ts';
import { registerNode } from '../../cluster/kube/node.ts';
import { ROOT_NAMESPACE } from './istiod.ts';
import { NETWORK } from './network.ts';

/** As a VirtualService names it; it serves every host. */
export const GATEWAY = `${ROOT_NAMESPACE}/public-gateway`;
export const GATEWAY_LABELS = { istio: 'ingressgateway' };

/** Where people from outside reach it. Not a port that pods use: it listens on every address. */
const PORT = 18_080;
export const GATEWAY_URL = `http://${NETWORK.gateway}:${PORT}`;

const NODE = 'gateway-node';
const NAME = 'ingressgateway';

/** The pod of the gateway, which no kubelet runs, the Service before it, and the `Gateway`. */
export async function createGateway(api: RawApi): Promise<void> {
  await registerNode(api, NODE);
  const at = `/api/v1/namespaces/${ROOT_NAMESPACE}`;
  const ports = [{ name: 'http', containerPort: PORT }];
  const containers = [{ name: 'envoy', image: 'envoy', ports }];
  const pod = await api.create(`${at}/pods`, {
    metadata: { name: NAME, labels: GATEWAY_LABELS },
    spec: { nodeName: NODE, containers },
  });
  const now = new Date().toISOString();
  const conditions = ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
    type,
    status: 'True',
    lastTransitionTime: now,
  }));
  const podIPs = [{ ip: NETWORK.gateway }];
  const status = { phase: 'Running', podIP: NETWORK.gateway, podIPs, conditions };
  await api.patch(`${at}/pods/${pod.metadata.name}/status`, { status }, 'strategic');
  await api.create(`${at}/services`, {
    metadata: { name: NAME },
    spec: { selector: GATEWAY_LABELS, ports: [{ name: 'http', port: 80, targetPort: PORT }] },
  });
  const gateways = `/apis/networking.istio.io/v1/namespaces/${ROOT_NAMESPACE}/gateways`;
  await api.create(gateways, {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: GATEWAY.split('/')[1] },
    spec: {
      selector: GATEWAY_LABELS,
      servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
    },
  });
}
