const CLUSTER_DOMAIN = 'cluster.local';

export function serviceHost(name: string, namespace: string): string {
  return `${name}.${namespace}.svc.${CLUSTER_DOMAIN}`;
}

/** As Istio does in its resources: only a name without a dot is relative to the namespace. */
export function fullHost(host: string, namespace: string): string {
  return host.includes('.') || host.includes('*') ? host : serviceHost(host, namespace);
}

/** The names by which a caller may mean a host, as its resolver would complete them. */
export function hostCandidates(host: string, namespace: string): string[] {
  return [
    host,
    serviceHost(host, namespace),
    `${host}.svc.${CLUSTER_DOMAIN}`,
    `${host}.${CLUSTER_DOMAIN}`,
  ];
}

export function splitAuthority(authority: string): { host: string; port: number | undefined } {
  const [, host = authority, port] = /^(.*?)(?::(\d+))?$/.exec(authority) ?? [];
  return { host: host.toLowerCase(), port: port === undefined ? undefined : Number(port) };
}

/** The most specific of the patterns that covers the host: exact, then the longest wildcard. */
export function bestHost(patterns: Iterable<string>, host: string): string | undefined {
  let best: string | undefined;
  for (const pattern of patterns) {
    if (pattern === host) return pattern;
    if (covers(pattern, host) && pattern.length > (best?.length ?? 0)) best = pattern;
  }
  return best;
}

/** Whether a host, or a wildcard such as `*.example.com`, lies within the pattern. */
export function covers(pattern: string, host: string): boolean {
  if (pattern === '*' || pattern === host) return true;
  return (
    pattern.startsWith('*.') && host.length > pattern.length - 1 && host.endsWith(pattern.slice(1))
  );
}
