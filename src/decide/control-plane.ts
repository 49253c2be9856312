import type { Phase, Stage } from '../api/status.ts';
import { goTo, hold, holdOver, verdictOf, type Move } from './move.ts';
import type { Situation } from './situation.ts';

/** Nobody tells the proxies of new routes and new pods: what is written is not what is obeyed. */
export function isControlPlaneAway({ seen }: Pick<Situation, 'seen'>): boolean {
  return seen.mesh.controlPlaneAway === true;
}

/** The hold of whatever would rely on the proxies. */
export function holdForControlPlane(s: Situation): Move {
  return hold(s, 'mesh', 'istiod is away, so the proxies obey no new weight and know no new pod');
}

/**
 * While the control plane is away no wait for the mesh is over, and none that was running counts:
 * pods that the proxies still send requests to must not go. In the analysis this holds only what
 * advances (see `progressing`): a failing canary is still taken back, for when istiod returns.
 */
export function awaitControlPlane(s: Situation): Move | undefined {
  const { phase, stage, hold: held } = s.status;
  if (!isControlPlaneAway(s)) return held?.code === 'mesh' ? backAgain(s) : undefined;
  const waiting = stage === undefined ? undefined : WAITS[phase]?.[stage];
  if (waiting === undefined) return undefined;
  const { change, ...told } = holdForControlPlane(s);
  if (waiting === stage && s.status.stageDueAt === undefined) return { change, ...told };
  return { change: { ...goTo(s, waiting).change, ...change }, ...told };
}

/** Stages that wait for the mesh, and where each wait begins anew. */
const WAITS: { readonly [P in Phase]?: { readonly [S in Stage]?: Stage } } = {
  Initializing: { routes: 'routes', apex: 'apex', drain: 'apex' },
  Promoting: { shift: 'shift', copy: 'copy', back: 'back' },
  Finalising: { reset: 'reset', drain: 'reset' },
  Terminating: { shift: 'shift', apex: 'apex', routes: 'routes', drain: 'routes' },
};

/** A step counts from when the mesh obeys it: what was measured meanwhile was another weight. */
function backAgain(s: Situation): Move {
  const { phase, stage, ending } = s.status;
  const isStep = phase === 'Progressing' && stage === 'analyse';
  const change = isStep ? goTo(s, 'shift').change : { ...holdOver(s), stageDueAt: undefined };
  return { change, verdict: ending === undefined ? 'PROGRESS: istiod is back' : verdictOf(ending) };
}
