import type { Canary } from '../api/canary.ts';
import type { CanaryStatus } from '../api/status.ts';
import type { Intent, PrimaryIntent, RoutesIntent, TargetIntent } from '../ports/intent.ts';
import { canaryReplicas, fullStrength } from './capacity.ts';
import { strategyOf } from './weights.ts';

/**
 * What the cluster must look like for this plan: weights, replicas and templates as functions of
 * spec and status (DESIGN, law 1). `act` writes it, `observe` compares with it, `fences` notices
 * when it changes.
 */
export function intentOf(canary: Canary, status: CanaryStatus): Intent {
  if (status.phase === 'Initializing') return adopting(canary, status);
  if (status.phase === 'Terminating' || status.phase === 'Terminated') {
    return givingBack(canary, status);
  }
  return {
    primary: primaryOf(status),
    target: targetOf(canary, status),
    services: { versions: true, apex: 'primary' },
    routes: routesOf(canary, status),
  };
}

/** Each stage of adoption adds to the one before it; the order is DESIGN section 4's. */
function adopting(canary: Canary, status: CanaryStatus): Intent {
  const reached = ADOPTION.indexOf(status.stage ?? 'primary');
  const has = (stage: (typeof ADOPTION)[number]) => reached >= ADOPTION.indexOf(stage);
  return {
    primary: primaryOf(status),
    target: has('scale-down') ? IDLE : UNTOUCHED,
    services: { versions: true, apex: has('apex') ? 'primary' : 'untouched' },
    routes: has('routes') ? routesOf(canary, status) : 'untouched',
  };
}

const ADOPTION: readonly string[] = ['primary', 'routes', 'apex', 'drain', 'scale-down'];

/** The same, backwards: the target first, so that there is always somebody to serve. */
function givingBack(canary: Canary, status: CanaryStatus): Intent {
  const reached = status.phase === 'Terminated' ? 'drain' : (status.stage ?? 'target');
  const gone = reached === 'routes' || reached === 'drain';
  return {
    primary: primaryOf(status),
    target: { replicas: fullStrength(status), mode: 'at-least' },
    services: { versions: true, apex: gone || reached === 'apex' ? 'target' : 'primary' },
    routes: gone ? 'restored' : routesOf(canary, status),
  };
}

function primaryOf(status: CanaryStatus): PrimaryIntent | 'untouched' {
  const revision = primaryRevision(status);
  if (revision === undefined) return 'untouched';
  const strength = fullStrength(status);
  // Nobody keeps people and autoscalers from sizing a primary while nothing is being released.
  return { revision, atLeast: IDLE_PHASES.has(status.phase) ? 0 : strength, strength };
}

const IDLE_PHASES: ReadonlySet<CanaryStatus['phase']> = new Set([
  'Initialized',
  'Waiting',
  'Succeeded',
  'Failed',
]);

/** From the copy on there is no way back: the primary is to run what was analysed. */
function primaryRevision(status: CanaryStatus): string | undefined {
  const copied =
    (status.phase === 'Promoting' && status.stage !== 'shift') ||
    status.ending?.outcome === 'promoted' ||
    status.ending?.outcome === 'primary-stuck';
  return copied ? status.revision : (status.lastPromotedSpec ?? status.revision);
}

const IDLE: TargetIntent = { replicas: 0, mode: 'exactly' };
const UNTOUCHED: TargetIntent = { replicas: 'untouched' };

function targetOf(canary: Canary, status: CanaryStatus): TargetIntent {
  switch (status.phase) {
    case 'Progressing':
    case 'WaitingPromotion':
    case 'Promoting':
      return { replicas: canaryReplicas(canary, status), mode: 'at-least' };
    case 'Finalising':
      if (status.stage === 'scale-down') return IDLE;
      return status.ending?.outcome === 'primary-stuck' ? keep(status) : UNTOUCHED;
    case 'Failed':
      return status.ending?.outcome === 'primary-stuck' ? keep(status) : IDLE;
    default:
      return IDLE;
  }
}

function keep(status: CanaryStatus): TargetIntent {
  return { replicas: fullStrength(status), mode: 'at-least' };
}

function routesOf(canary: Canary, status: CanaryStatus): RoutesIntent {
  const { analysis } = canary.spec;
  const weight = status.step?.weight ?? 0;
  const open = isOpen(status);
  const shifted = weight > 0 && (open || status.phase === 'Promoting');
  const isMatched = (analysis.match?.length ?? 0) > 0;
  return {
    canaryWeight: weight,
    // A/B testing sends all matching requests; with weights, a match says whose requests are split.
    matched: isMatched && (strategyOf(analysis) === 'ab-testing' ? open : shifted),
    mirrorWeight: open && analysis.mirror && weight === 0 ? analysis.mirrorWeight : 0,
    affinity:
      analysis.sessionAffinity !== undefined && shifted
        ? `${status.revision}@${status.startedAt}`
        : undefined,
  };
}

/** Whether requests may reach the canary: its pods were ready, and it has not been given up. */
function isOpen({ phase, stage, step }: CanaryStatus): boolean {
  if (phase === 'WaitingPromotion') return true;
  return phase === 'Progressing' && (stage !== 'scale-up' || (step?.weight ?? 0) > 0);
}
