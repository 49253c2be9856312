import type { JsonObject } from '../apiserver/cluster-state.ts';
import type { NotStarted } from './container-environment.ts';
import type { ContainerMoment } from './container-life.ts';
import {
  apiTime,
  type Condition,
  type Container,
  type ContainerStatus,
  type Pod,
  type PodStatus,
} from './resources.ts';

export interface RunningPod {
  readonly pod: Pod;
  readonly ip: string;
  readonly hostIp: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly now: number;
  readonly moment: ContainerMoment | NotStarted;
}

/** The status that a kubelet reports. */
export function podStatus(running: RunningPod): PodStatus {
  const { pod, ip, hostIp, startedAt, moment } = running;
  const isCreated = 'state' in moment && moment.state !== 'creating';
  const initStatuses = pod.spec.initContainers?.map((one) => initStatus(running, one, isCreated));
  return {
    phase: isCreated ? 'Running' : 'Pending',
    conditions: conditions(running),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    podIP: ip,
    podIPs: [{ ip }],
    startTime: apiTime(startedAt),
    ...(initStatuses === undefined ? {} : { initContainerStatuses: initStatuses }),
    containerStatuses: pod.spec.containers.map((one) => containerStatus(running, one)),
    qosClass: 'BestEffort',
  };
}

function conditions(running: RunningPod): Condition[] {
  const { pod, moment } = running;
  const isReady = 'state' in moment && moment.ready;
  const names = pod.spec.containers.map(({ name }) => name).join(' ');
  const unready = {
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${names}]`,
  };
  const said: Condition[] = [
    { type: 'PodReadyToStartContainers', status: 'True' },
    { type: 'Initialized', status: 'True' },
    { type: 'Ready', ...(isReady ? { status: 'True' } : { status: 'False', ...unready }) },
    {
      type: 'ContainersReady',
      ...(isReady ? { status: 'True' } : { status: 'False', ...unready }),
    },
    { type: 'PodScheduled', status: 'True' },
  ];
  return said.map((condition) => timed(condition, running));
}

/** The time of a condition is kept until its status changes. */
function timed(condition: Condition, { pod, now }: RunningPod): Condition {
  const before = pod.status?.conditions?.find(({ type }) => type === condition.type);
  const isSame = before?.status === condition.status && before.lastTransitionTime !== undefined;
  return { ...condition, lastTransitionTime: isSame ? before.lastTransitionTime! : apiTime(now) };
}

function containerStatus(running: RunningPod, container: Container): ContainerStatus {
  const { moment } = running;
  const isRunning = 'state' in moment && moment.state === 'running';
  return {
    ...identity(running.pod, container),
    ready: 'state' in moment && moment.ready,
    started: isRunning,
    restartCount: 'state' in moment ? moment.restarts + crashes(moment) : 0,
    state: stateOf(running, container),
    lastState: {},
  };
}

/** A container that waits to be started again has been counted as restarted, as by kubelets. */
function crashes({ state }: ContainerMoment): number {
  return state === 'backing-off' ? 1 : 0;
}

function stateOf({ moment, startedAt }: RunningPod, { name }: Container): JsonObject {
  if ('reason' in moment) return waiting(moment.reason, moment.message);
  switch (moment.state) {
    case 'creating':
      return waiting('ContainerCreating');
    case 'running':
      return { running: { startedAt: apiTime(startedAt + moment.since) } };
    case 'backing-off':
      return waiting('CrashLoopBackOff', `back-off restarting failed container=${name}`);
  }
}

function waiting(reason: string, message?: string): JsonObject {
  return { waiting: message === undefined ? { reason } : { reason, message } };
}

/** Native sidecars run on; other init containers have done their work. */
function initStatus(running: RunningPod, container: Container, isCreated: boolean) {
  const { pod, startedAt } = running;
  const time = apiTime(startedAt);
  const ran = { exitCode: 0, reason: 'Completed', startedAt: time, finishedAt: time };
  const isSidecar = container['restartPolicy'] === 'Always';
  const state = isSidecar ? { running: { startedAt: time } } : { terminated: ran };
  return {
    ...identity(pod, container),
    ready: isCreated,
    started: isCreated && isSidecar,
    restartCount: 0,
    state: isCreated ? state : waiting('PodInitializing'),
    lastState: {},
  };
}

function identity({ metadata }: Pod, { name, image = '' }: Container) {
  return { name, image, imageID: image, containerID: `sandbox://${metadata.uid}/${name}` };
}
