import { objectsOf } from './pod-defaults.ts';
import type { KubeObject } from '../cluster-state.ts';
import { isJsonObject } from '../values/json-tree.ts';
import { valueAt, type KindRules } from '../objects/resource-definition.ts';

/** A new pod is pending; deleting one that runs on a node waits for whoever plays the kubelet. */
export const podRules: Partial<KindRules> = {
  prepareForCreate(pod) {
    pod.status = { phase: 'Pending', qosClass: qosClassOf(pod) };
    if (!pod.spec) return;
    pod.spec['priority'] ??= 0;
    pod.spec['preemptionPolicy'] ??= 'PreemptLowerPriority';
  },
  gracePeriodSeconds(pod, asked) {
    const phase = valueAt(pod, 'status.phase');
    const isScheduled = Boolean(valueAt(pod, 'spec.nodeName'));
    if (!isScheduled || phase === 'Failed' || phase === 'Succeeded') return 0;
    const ownPeriod = valueAt(pod, 'spec.terminationGracePeriodSeconds');
    return asked ?? (typeof ownPeriod === 'number' ? ownPeriod : 30);
  },
};

/** Guaranteed when every container limits cpu and memory to its request, BestEffort when none asks. */
function qosClassOf(pod: KubeObject): string {
  const containers = [
    ...objectsOf(pod.spec?.['containers']),
    ...objectsOf(pod.spec?.['initContainers']),
  ];
  const resources = containers.map(({ resources: given }) => (isJsonObject(given) ? given : {}));
  const has = (value: unknown): boolean => isJsonObject(value) && Object.keys(value).length > 0;
  if (!resources.some(({ requests, limits }) => has(requests) || has(limits))) return 'BestEffort';
  const isGuaranteed = resources.every(({ requests, limits }) =>
    ['cpu', 'memory'].every((name) => {
      const [request, limit] = [
        valueAt({ requests }, `requests.${name}`),
        valueAt({ limits }, `limits.${name}`),
      ];
      return limit !== undefined && (request ?? limit) === limit;
    }),
  );
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}
