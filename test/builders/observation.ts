import type { Canary } from '../../src/api/canary.ts';
import { intentOf } from '../../src/decide/intent.ts';
import type { Observation } from '../../src/decide/observation.ts';
import type { Intent, ObjectSeen } from '../../src/ports/intent.ts';
import type { PodsSeen } from '../../src/ports/workload.ts';

/** What happens around the canary, apart from what Linnet demands. */
export interface Around {
  /** The revision that the target carries. */
  revision: string;
  verdict?: Observation['verdict'];
  guard?: Observation['guard'];
  primaryReady?: boolean;
  canaryReady?: boolean;
  targetMissing?: boolean;
  routesCarried?: boolean;
  heldByServices?: string[];
  problems?: Observation['workload']['problems'];
  gates?: Observation['gates'];
  accepted?: Observation['accepted'];
  alerts?: Observation['alerts'];
  controlPlaneAway?: boolean;
}

/** A cluster that has carried out everything the stored plan demands, at once. */
export function obedient(canary: Canary, around: Around): Observation {
  const { status } = canary;
  const intent = status === undefined ? undefined : intentOf(canary, status);
  const carried: ObjectSeen = { conformity: 'conforms', stamp: 0 };
  const target = pods(targetReplicas(intent), around.canaryReady ?? true);
  const primary = pods(primaryReplicas(intent), around.primaryReady ?? true);
  return {
    workload: {
      target: around.targetMissing
        ? undefined
        : {
            revision: around.revision,
            configs: {},
            pods: target,
            object: carried,
            autoscalerMin: undefined,
            heldByServices: around.heldByServices ?? [],
          },
      primary:
        intent === undefined || intent.primary === 'untouched'
          ? undefined
          : {
              object: carried,
              autoscaler: carried,
              revision: intent.primary.revision,
              pods: primary,
            },
      problems: around.problems ?? [],
    },
    services: {
      object: carried,
      primaryEndpoints: primary.ready,
      canaryEndpoints: target.ready,
      apexServes: intent?.services.apex === 'primary' ? 'primary' : 'target',
      problems: [],
    },
    routes: {
      virtualService:
        around.routesCarried === false ? { conformity: 'differs', stamp: 0 } : carried,
      destinationRules: carried,
      liveCanaryWeight: undefined,
      problems: [],
    },
    mesh: {
      convergenceMs: 2000,
      drainMs: 5000,
      canaryQuiet: undefined,
      controlPlaneAway: around.controlPlaneAway ?? false,
    },
    verdict: around.verdict,
    guard: around.guard,
    gates: around.gates ?? [],
    accepted: around.accepted ?? [],
    findings: undefined,
    alerts: around.alerts,
    refusals: [],
    defaultProvider: false,
  };
}

/** Before adoption the target has two pods of its own. */
function targetReplicas(intent: Intent | undefined): number {
  const replicas = intent?.target.replicas;
  return typeof replicas === 'number' ? replicas : 2;
}

function primaryReplicas(intent: Intent | undefined): number {
  return intent === undefined || intent.primary === 'untouched' ? 0 : intent.primary.strength;
}

function pods(replicas: number, ready: boolean): PodsSeen {
  return { desired: replicas, updated: replicas, ready: ready ? replicas : 0, settled: ready };
}

export const PASS: Observation['verdict'] = { outcome: 'pass', checks: [], line: 'PASS: all well' };
export const FAIL: Observation['verdict'] = {
  outcome: 'fail',
  checks: [],
  line: 'FAIL: request-success-rate 90 % < 99 %',
};
export const HOLD: Observation['verdict'] = { outcome: 'hold', checks: [], line: 'HOLD: no data' };
