import type { JsonObject, KubeObject } from '../cluster-state.ts';
import { humanAge, humanDuration } from '../table/human-age.ts';
import { isJsonObject, scalarText } from '../values/json-tree.ts';
import { valueAt } from '../objects/resource-definition.ts';
import { containersOf, countAt, listAt, ratioAt, selectorAt, textAt } from '../table/cells.ts';
import { ageColumn, column, nameColumn, wide, type TableColumn } from '../table/columns.ts';

const TEMPLATE_CONTAINERS = 'spec.template.spec.containers';

const JOB_CONTAINERS = 'spec.jobTemplate.spec.template.spec.containers';

const templateColumns = [
  wide('Containers', containersOf(TEMPLATE_CONTAINERS, 'name')),
  wide('Images', containersOf(TEMPLATE_CONTAINERS, 'image')),
];

const selectorColumn = wide('Selector', selectorAt('spec.selector'));

export const WORKLOAD_COLUMNS: Record<string, readonly TableColumn[]> = {
  pods: [
    nameColumn,
    column('Ready', podReady),
    column('Status', podStatus),
    column('Restarts', podRestarts),
    ageColumn,
    wide('IP', textAt('status.podIP')),
    wide('Node', textAt('spec.nodeName')),
    wide('Nominated Node', textAt('status.nominatedNodeName')),
    wide('Readiness Gates', readinessGates),
  ],
  deployments: [
    nameColumn,
    column('Ready', ratioAt('status.readyReplicas', 'spec.replicas')),
    column('Up-to-date', countAt('status.updatedReplicas')),
    column('Available', countAt('status.availableReplicas')),
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
  replicasets: [
    nameColumn,
    column('Desired', countAt('spec.replicas'), { type: 'integer' }),
    column('Current', countAt('status.replicas'), { type: 'integer' }),
    column('Ready', countAt('status.readyReplicas'), { type: 'integer' }),
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
  daemonsets: [
    nameColumn,
    column('Desired', countAt('status.desiredNumberScheduled'), { type: 'integer' }),
    column('Current', countAt('status.currentNumberScheduled'), { type: 'integer' }),
    column('Ready', countAt('status.numberReady'), { type: 'integer' }),
    column('Up-to-date', countAt('status.updatedNumberScheduled'), { type: 'integer' }),
    column('Available', countAt('status.numberAvailable'), { type: 'integer' }),
    column('Node Selector', selectorAt('spec.template.spec.nodeSelector')),
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
  statefulsets: [
    nameColumn,
    column('Ready', ratioAt('status.readyReplicas', 'spec.replicas')),
    ageColumn,
    ...templateColumns,
  ],
  controllerrevisions: [
    nameColumn,
    column('Controller', controllerOf),
    column('Revision', countAt('revision')),
    ageColumn,
  ],
  jobs: [
    nameColumn,
    column('Status', jobStatus),
    column('Completions', ratioAt('status.succeeded', 'spec.completions')),
    column('Duration', jobDuration),
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
  cronjobs: [
    nameColumn,
    column('Schedule', textAt('spec.schedule')),
    column('Timezone', textAt('spec.timeZone')),
    column('Suspend', (object) => (valueAt(object, 'spec.suspend') === true ? 'True' : 'False'), {
      type: 'boolean',
    }),
    column('Active', (object) => listAt(object, 'status.active').length, { type: 'integer' }),
    column('Last Schedule', (object, now) => {
      const last = valueAt(object, 'status.lastScheduleTime');
      return typeof last === 'string' ? humanAge(last, now) : '<none>';
    }),
    ageColumn,
    wide('Containers', containersOf(JOB_CONTAINERS, 'name')),
    wide('Images', containersOf(JOB_CONTAINERS, 'image')),
    wide('Selector', selectorAt('spec.jobTemplate.spec.selector')),
  ],
  horizontalpodautoscalers: [
    nameColumn,
    column('Reference', (object) => {
      const kind = textAt('spec.scaleTargetRef.kind')(object);
      return `${kind}/${textAt('spec.scaleTargetRef.name')(object)}`;
    }),
    column('Targets', hpaTargets),
    column('MinPods', textAt('spec.minReplicas', '<unset>')),
    column('MaxPods', countAt('spec.maxReplicas')),
    column('Replicas', countAt('status.currentReplicas')),
    ageColumn,
  ],
  poddisruptionbudgets: [
    nameColumn,
    column('Min Available', textAt('spec.minAvailable', 'N/A')),
    column('Max Unavailable', textAt('spec.maxUnavailable', 'N/A')),
    column('Allowed Disruptions', countAt('status.disruptionsAllowed'), { type: 'integer' }),
    ageColumn,
  ],
};

function podReady(pod: KubeObject): string {
  const total = listAt(pod, 'spec.containers').length;
  const ready = listAt(pod, 'status.containerStatuses').filter((one) => one['ready'] === true);
  return `${ready.length}/${total}`;
}

/** The phase, or what keeps a container from running, as kubectl words it. */
function podStatus(pod: KubeObject): string {
  let status = textAt('status.reason', textAt('status.phase', 'Unknown')(pod))(pod);
  for (const container of listAt(pod, 'status.containerStatuses').reverse()) {
    status = containerTrouble(container) ?? status;
  }
  if (pod.metadata.deletionTimestamp === undefined) return status;
  return valueAt(pod, 'status.reason') === 'NodeLost' ? 'Unknown' : 'Terminating';
}

function containerTrouble({ state }: JsonObject): string | undefined {
  if (!isJsonObject(state)) return undefined;
  const { waiting, terminated } = state;
  if (isJsonObject(waiting) && waiting['reason']) return scalarText(waiting['reason']);
  if (!isJsonObject(terminated)) return undefined;
  const { reason, signal, exitCode } = terminated;
  if (reason) return scalarText(reason);
  return signal ? `Signal:${scalarText(signal)}` : `ExitCode:${scalarText(exitCode)}`;
}

function podRestarts(pod: KubeObject, now: Date): string {
  const statuses = listAt(pod, 'status.containerStatuses');
  const restarts = statuses.reduce((sum, one) => sum + Number(one['restartCount'] ?? 0), 0);
  const ends = statuses
    .map((one) => valueAt(one, 'lastState.terminated.finishedAt'))
    .filter((end) => typeof end === 'string')
    .sort();
  const last = ends.at(-1);
  return restarts > 0 && last ? `${restarts} (${humanAge(last, now)} ago)` : scalarText(restarts);
}

function readinessGates(pod: KubeObject): string {
  const gates = listAt(pod, 'spec.readinessGates');
  if (gates.length === 0) return '<none>';
  const conditions = listAt(pod, 'status.conditions');
  const passed = gates.filter((gate) =>
    conditions.some((one) => one['type'] === gate['conditionType'] && one['status'] === 'True'),
  );
  return `${passed.length}/${gates.length}`;
}

function controllerOf(object: KubeObject): string {
  const owner = object.metadata.ownerReferences?.find((one) => one.controller === true);
  if (!owner) return '<none>';
  const [group] = owner.apiVersion.includes('/') ? owner.apiVersion.split('/') : [''];
  const kind = owner.kind.toLowerCase();
  return `${group ? `${kind}.${group}` : kind}/${owner.name}`;
}

function jobStatus(job: KubeObject): string {
  const met = listAt(job, 'status.conditions')
    .filter((one) => one['status'] === 'True')
    .map((one) => scalarText(one['type']));
  for (const [condition, status] of [
    ['Complete', 'Complete'],
    ['Failed', 'Failed'],
    ['Suspended', 'Suspended'],
    ['FailureTarget', 'FailureTarget'],
    ['SuccessCriteriaMet', 'SuccessCriteriaMet'],
  ] as const) {
    if (met.includes(condition)) return status;
  }
  return job.metadata.deletionTimestamp === undefined ? 'Running' : 'Terminating';
}

function jobDuration(job: KubeObject, now: Date): string {
  const start = valueAt(job, 'status.startTime');
  if (typeof start !== 'string') return '';
  const end = valueAt(job, 'status.completionTime');
  const until = typeof end === 'string' ? Date.parse(end) : now.getTime();
  return humanDuration((until - Date.parse(start)) / 1000);
}

function hpaTargets(hpa: KubeObject): string {
  const metrics = listAt(hpa, 'spec.metrics');
  if (metrics.length === 0) return '<none>';
  const current = listAt(hpa, 'status.currentMetrics');
  return metrics.map((metric, index) => hpaTarget(metric, current[index])).join(', ');
}

function hpaTarget(metric: JsonObject, current: JsonObject | undefined): string {
  const name = valueAt(metric, 'resource.name');
  const wanted = valueAt(metric, 'resource.target.averageUtilization');
  const found = current && valueAt(current, 'resource.current.averageUtilization');
  const shown = found === undefined ? '<unknown>' : `${scalarText(found)}%`;
  if (wanted !== undefined) return `${scalarText(name)}: ${shown}/${scalarText(wanted)}%`;
  const type = scalarText(metric['type'] ?? '').toLowerCase();
  const value =
    valueAt(metric, `${type}.target.averageValue`) ?? valueAt(metric, `${type}.target.value`);
  return `<unknown>/${scalarText(value ?? '<auto>')}`;
}
