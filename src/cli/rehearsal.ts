import { readConfig } from '../config.ts';
import type { Given } from '../settings.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { startController, type Controller } from './controller.ts';
import { createLog } from './log.ts';

/**
 * The very controller that runs in a cluster, on a sandbox: only times are shorter, since nobody
 * has thirty seconds to watch requests end.
 */
export function startControllerOn(sandbox: Sandbox, given: Given = {}): Promise<Controller> {
  const config = readConfig(
    {
      kubeconfig: sandbox.kubeconfig,
      prometheus: sandbox.prometheusUrl,
      'redis-url': `unix://${sandbox.redisSocket}`,
      'sweep-interval': '1s',
      'kube-api-qps': '1000',
      'kube-api-burst': '1000',
      drain: '1s',
      port: '0',
      'log-level': 'silent',
      ...given,
    },
    {},
  );
  return startController(config, createLog(config));
}
