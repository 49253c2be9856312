import { reachOf } from '../adapters/network/reach.ts';
import { hostsByDefault } from '../allowed-hosts.ts';
import type { Config } from '../config.ts';
import type { Reach } from '../ports/reach.ts';

/**
 * Where manifests may lead this controller. Without a setting that is anywhere but closed addresses.
 * Loopback counts as closed unless the API server is there too, as in the sandbox: then cluster,
 * receivers and Linnet share a machine. In a pod it belongs to its sidecars and is never open by
 * itself.
 */
export function provideReach(
  config: Pick<Config, 'allowedHosts' | 'inPod' | 'prometheus' | 'slack'>,
  apiServer: string,
): Reach {
  const isOneMachine = !config.inPod && LOOPBACK.test(new URL(apiServer).hostname);
  const slack = config.slack === undefined ? [] : [config.slack.url ?? 'https://slack.com'];
  return reachOf({
    allowed: config.allowedHosts ?? hostsByDefault(isOneMachine),
    own: [config.prometheus, ...slack],
  });
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
