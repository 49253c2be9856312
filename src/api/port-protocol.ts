/** Name and application protocol of a Service's port. */
export interface NamedPort {
  readonly name: string;
  readonly appProtocol?: string | undefined;
}

/**
 * What Istio takes a port for: `appProtocol` counts first, then the name up to its first hyphen.
 * Undefined when neither says it, so that Istio has to look at the traffic.
 */
export function protocolOf({ name, appProtocol }: NamedPort): string | undefined {
  const said = (appProtocol ?? name).toLowerCase();
  const protocol = KUBERNETES_PROTOCOLS[said] ?? said;
  if (isKnown(protocol)) return protocol;
  if (appProtocol !== undefined) return undefined;
  if (protocol.startsWith('grpc-web-')) return 'grpc-web';
  const [prefix = ''] = protocol.split('-');
  return isKnown(prefix) ? prefix : undefined;
}

/** Whether HTTP routes, and metrics by request, apply to a protocol. */
export function isHttp(protocol: string): boolean {
  return HTTP.has(protocol);
}

function isKnown(protocol: string): boolean {
  return HTTP.has(protocol) || OPAQUE.has(protocol);
}

const HTTP: ReadonlySet<string> = new Set(['http', 'http2', 'grpc', 'grpc-web']);

const OPAQUE: ReadonlySet<string> = new Set([
  'https',
  'tls',
  'tcp',
  'udp',
  'mongo',
  'mysql',
  'redis',
]);

/** Names that Kubernetes itself gives to protocols. */
const KUBERNETES_PROTOCOLS: Readonly<Record<string, string>> = {
  'kubernetes.io/h2c': 'http2',
  'kubernetes.io/ws': 'http',
  'kubernetes.io/wss': 'https',
};
