import type { Canary } from '../api/canary.ts';
import { timeoutMs } from '../api/service.ts';
import type { CanaryStatus } from '../api/status.ts';
import { gatesAsked } from '../decide/gates.ts';
import { intentOf } from '../decide/intent.ts';
import type { Finding, MeshSeen, Observation } from '../decide/observation.ts';
import { keyOf } from '../ports/canaries.ts';
import type { HookAnswer } from '../ports/hooks.ts';
import type { Intent } from '../ports/intent.ts';
import type { RoutesSeen } from '../ports/router.ts';
import type { World } from '../ports/world.ts';
import { foreignReferences } from './foreign-references.ts';
import { preflight } from './preflight.ts';
import { readOnce } from './read-once.ts';
import { withoutMesh } from './without-mesh.ts';

/** What can be read without judging it. */
export type Seen = Omit<Observation, 'verdict' | 'guard'>;

/**
 * Reads the world for one canary: what its plan demands, and how the cluster compares. Reads only.
 * From the local store it makes no request when nothing has changed; `live` asks the API server for
 * everything that a dangerous decision relies on.
 */
export async function observe(
  canary: Canary,
  world: World,
  from: 'cached' | 'live',
): Promise<Seen> {
  const reader = readOnce(world.readers[from]);
  const intent = intendedNow(canary);
  const [workload, services, routes, findings, alerts] = await Promise.all([
    world.workload.observe(canary, intent, reader),
    world.services.observe(canary, intent, reader),
    world.routerFor(canary).observe(canary, intent, reader),
    lookAhead(canary, world),
    world.alerts.problems(canary),
  ]);
  const gates = await askGates(canary, workload.target?.revision, world);
  const key = keyOf(canary);
  const foreign = world.settings.crossNamespaceRefs ? [] : foreignReferences(canary);
  return {
    workload: { ...workload, problems: [...foreign, ...workload.problems] },
    services,
    routes,
    gates,
    findings,
    alerts,
    mesh: meshOf(canary, routes, world),
    accepted: world.memory.accepted(key),
    refusals: world.memory.refusals(key),
    defaultProvider: world.settings.defaultProvider,
  };
}

/** Before the first plan nothing is demanded of the cluster. */
function intendedNow(canary: Canary): Intent {
  return canary.status === undefined ? NOTHING : intentOf(canary, canary.status);
}

const NOTHING: Intent = {
  primary: 'untouched',
  target: { replicas: 'untouched' },
  services: { versions: false, apex: 'untouched' },
  routes: 'untouched',
};

async function askGates(
  canary: Canary,
  revision: string | undefined,
  world: World,
): Promise<readonly HookAnswer[]> {
  if (canary.status === undefined) return [];
  const asked = gatesAsked(canary, canary.status, revision, world.clock.now());
  const answers = await Promise.all(
    asked.map(({ type, attempt }) => world.hooks.ask(canary, type, attempt)),
  );
  return answers.flat();
}

/** Preflight looks at adoption and when a rollout starts, and every few minutes while one runs. */
async function lookAhead(canary: Canary, world: World): Promise<readonly Finding[] | undefined> {
  const key = keyOf(canary);
  const now = world.clock.now();
  const last = world.memory.preflightAt(key);
  const pause = isAtStart(canary.status) ? PREFLIGHT_AT_START_MS : PREFLIGHT_MS;
  const idle = canary.status !== undefined && canary.status.stage === undefined;
  if (idle || (last !== undefined && now - last < pause)) return undefined;
  world.memory.setPreflightAt(key, now);
  const facts = await world.preflight.facts(canary, world.readers.cached);
  return [...preflight(facts), ...withoutMesh(canary)];
}

const PREFLIGHT_MS = 300_000;
const PREFLIGHT_AT_START_MS = 30_000;

function isAtStart(status: CanaryStatus | undefined): boolean {
  return status === undefined || status.stage === 'primary' || status.stage === 'scale-up';
}

/** Requests under way get as long as the service may take to answer, and never less than the setting. */
function meshOf(canary: Canary, routes: RoutesSeen, world: World): MeshSeen {
  const timeout = canary.spec.service?.timeout;
  return {
    convergenceMs: world.telemetry.convergenceMs(canary),
    drainMs: Math.max(world.settings.drainMs, timeout === undefined ? 0 : timeoutMs(timeout)),
    canaryQuiet: undefined,
    controlPlaneAway:
      routes.virtualService.conformity !== 'unneeded' && world.telemetry.controlPlaneAway(canary),
  };
}
