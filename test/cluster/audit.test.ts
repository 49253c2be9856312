import { beforeAll, describe, expect, test, vi } from 'vitest';
import { FENCE } from '../../src/api/annotations.ts';
import type { CanaryStatus, Fenced } from '../../src/api/status.ts';
import { CANARY_KIND } from '../../src/ports/kinds.ts';
import { BLUE_GREEN, canary, deployment, service } from '../manifests/app.ts';
import { untilServed } from '../scenarios/endpoints.ts';
import { prepareFleet } from '../scenarios/fleet.ts';
import { canaryWeightIn, Play, type VirtualService } from '../scenarios/play.ts';
import type { AuditEntry } from './kube/audit-log.ts';
import { requestsOf, type Write, writesIn } from './kube/writes.ts';
import { clusterStage } from './stage.ts';

const fleet = prepareFleet(clusterStage);

/** All that the controller asked for, and what it wrote to tell the story of `web`. */
let requests: AuditEntry[];
let writes: Write[];
/** What it asked about a Canary with nothing to do, while all that happened. */
let idle: AuditEntry[];

beforeAll(async () => {
  const { stage, linnet } = fleet;
  const play = new Play(stage, linnet, await stage.newNamespace('story'));
  const quiet = new Play(stage, linnet, await stage.newNamespace('quiet'));
  await Promise.all([adoptWithService(play), quiet.adopt('web', BLUE_GREEN)]);
  await quiet.until('web', ({ outbox = [] }) => outbox.length === 0);
  await play.release('web', { image: 'shop:2' });
  await play.untilEnded('web', 1);
  const quietSince = new Date().toISOString();
  await play.release('web', { image: 'shop:3', errors: '60%' });
  await play.untilEnded('web', 2);
  await play.release('web', { image: 'shop:4' });
  await play.until('web', ({ stage: at, step }) => at === 'analyse' && step?.weight === 20);
  await play.release('web', { image: 'shop:5' });
  await play.untilEnded('web', 4);
  const quietUntil = new Date().toISOString();
  await stage.api.delete(play.path(CANARY_KIND, 'web'));
  await play.untilGone(CANARY_KIND, 'web');
  play.end();
  quiet.end();

  // The log is written after the answer: the last write may reach it later than the test.
  await vi.waitFor(() => {
    requests = requestsOf(stage.audit?.() ?? [], linnet.user!);
    writes = writesIn(requests, play.namespace);
    const isLetGo = writes.some(({ what, object }) => what === 'canaries' && isFree(object));
    if (!isLetGo) throw new Error('the log does not tell yet that the Canary was let go');
  }, 30_000);
  idle = requests.filter(
    ({ namespace, requestReceivedTimestamp: at }) =>
      namespace === quiet.namespace && at > quietSince && at < quietUntil,
  );
}, 240_000);

async function adoptWithService(play: Play): Promise<void> {
  await play.apply(deployment('web', { image: 'shop:1' }), service('web'));
  await untilServed(play, 'web', 2);
  play.sendRequests('web');
  await play.apply(canary('web'));
  await play.untilPhase('web', 'Initialized');
}

describe('the API server saw', () => {
  test('the target claimed and the finalizer set before anything else', () => {
    const [claim, hold, pin, plan] = writes;
    expect(claim).toMatchObject({ what: 'deployments', name: 'web', verb: 'patch' });
    expect(hold).toMatchObject({ what: 'canaries', verb: 'patch' });
    expect(hold?.object.metadata.finalizers).toEqual(['linnet.dev/finalizer']);
    expect(pin).toMatchObject({ what: 'controllerrevisions', verb: 'create' });
    expect(plan).toMatchObject({ what: 'canaries/status' });
  });

  test('the primary, then its routes, then the Service turned, then the target idle', () => {
    const order = [
      first(({ verb, name, what }) => isPrimary(what, name) && verb === 'create'),
      first(({ verb, what }) => what === 'virtualservices' && verb === 'create'),
      first((write) => selectorOf(write) === 'web-primary'),
      first((write) => replicasOf(write, 'web') === 0),
    ];
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  test('every weight once, as configured: ascending, no step skipped, back to nothing', () => {
    const weights = writes.filter(isRoute).map(weightIn);
    const configured = [0, 20, 50, 0, 20, 0, 20, 0, 20, 50, 0];
    expect(weights.slice(0, configured.length)).toEqual(configured);
    // A deletion counts as an edit, so the routes are stamped anew before the target takes over.
    expect([...new Set(weights.slice(configured.length))].slice(0, 2)).toEqual(
      expect.arrayContaining([100]),
    );
  });

  test('the new template in the primary before the weight went back', () => {
    const copied = first(
      ({ object, what, name }) => isPrimary(what, name) && runs(object, 'shop:2'),
    );
    const back = writes.findIndex((write, at) => at > first(hasWeight(50)) && hasWeight(0)(write));
    expect(copied).toBeGreaterThan(first(hasWeight(50)));
    expect(back).toBeGreaterThan(copied);
  });

  test('no template in the primary that was not promoted', () => {
    const images = writes
      .filter(({ what, name }) => isPrimary(what, name))
      .map(({ object }) => imageOf(object))
      .filter((image, i, all) => image !== all[i - 1]);
    expect(images).toEqual(['shop:1', 'shop:2', 'shop:5']);
  });

  test('the target scaled down only while it had no weight', () => {
    const scaleDowns = indexes((write) => replicasOf(write, 'web') === 0);
    expect(scaleDowns.length).toBeGreaterThanOrEqual(4);
    for (const at of scaleDowns) expect(weightIn(lastBefore(at, isRoute))).toBe(0);
  });

  test('the target scaled up before it got weight', () => {
    for (const at of indexes(hasWeight(20))) {
      const scaled = lastBefore(at, (write) => replicasOf(write, 'web') !== undefined);
      expect(replicasOf(scaled, 'web')).toBeGreaterThan(0);
    }
  });

  test('each weight in the plan before it was in the routes', () => {
    for (const at of indexes(isRoute)) {
      expect(planBefore(at).canaryWeight).toBe(weightIn(writes[at]!));
    }
  });

  test('each write under the fence of the plan before it', () => {
    const fenced = indexes((write) => fenceFor(write) !== undefined);
    expect(fenced.length).toBeGreaterThan(20);
    for (const at of fenced) {
      const write = writes[at]!;
      const fence = planBefore(at).fences[fenceFor(write)!];
      expect([at, write.what, stampOf(write)]).toEqual([at, write.what, String(fence)]);
    }
  });

  test('nothing of the target changed but its replicas', () => {
    const touched = writes
      .filter(({ what, name }) => what === 'deployments' && name === 'web')
      .flatMap(({ sent }) => pathsIn(sent));
    const foreign = touched.filter((path) => !/^\/(spec\/replicas$|metadata\/)/.test(path));
    expect(foreign).toEqual([]);
  });

  test('nothing asked about a Canary that had nothing to do', () => {
    expect(idle.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
  });

  test('one event for each message', () => {
    const reasons = writes
      .filter(({ what, verb }) => what === 'events' && verb === 'create')
      .map(({ object }) => String(object['reason']));
    const told = 'Initialized Started Promoted Started Failed Started Started Promoted Terminated';
    expect(inOrder(reasons)).toEqual(inOrder(told.split(' ')));
  });

  test('on deletion the target first, then the Service, the routes, and the finalizer last', () => {
    const order = [
      indexes(scalesUp).at(-1),
      first(hasWeight(100)),
      first((write) => selectorOf(write) === 'web'),
      writes.findLastIndex(({ what, object }) => what === 'canaries' && isFree(object)),
    ];
    expect(order.every((at) => at !== undefined && at > 0)).toBe(true);
    expect(order).toEqual(order.toSorted((a = 0, b = 0) => a - b));
    expect(order.at(-1)).toBe(writes.findLastIndex(({ what }) => what !== 'events'));
  });

  test('no permission missing, no error of its own, and no request that made no sense', () => {
    const refused = requests.filter(({ code }) => code >= 400 && code !== 404 && code !== 409);
    expect(refused.map(({ code, verb, requestURI }) => `${code} ${verb} ${requestURI}`)).toEqual(
      [],
    );
  });

  test('the name and version of who asked, and no list of Secrets with their content', () => {
    const agents = new Set(requests.map(({ userAgent }) => userAgent));
    expect([...agents]).toEqual([expect.stringMatching(/^linnet\/\d/)]);
    const secrets = requests.filter(
      ({ resource, verb }) => resource === 'secrets' && verb === 'get',
    );
    expect(secrets).toEqual([]);
  });
});

function first(predicate: (write: Write) => boolean): number {
  const found = writes.findIndex(predicate);
  expect(found).toBeGreaterThanOrEqual(0);
  return found;
}

function indexes(predicate: (write: Write) => boolean): number[] {
  return writes.flatMap((write, at) => (predicate(write) ? [at] : []));
}

function lastBefore(at: number, predicate: (write: Write) => boolean): Write {
  return writes.slice(0, at).findLast(predicate)!;
}

function planBefore(at: number): CanaryStatus {
  const { object } = lastBefore(at, ({ what }) => what === 'canaries/status');
  return object.status as unknown as CanaryStatus;
}

function isRoute({ what, verb }: Write): boolean {
  return what === 'virtualservices' && verb !== 'delete';
}

function weightIn({ object }: Write): number {
  return canaryWeightIn(object as unknown as VirtualService);
}

function hasWeight(weight: number): (write: Write) => boolean {
  return (write) => isRoute(write) && weightIn(write) === weight;
}

function isPrimary(what: string, name: string): boolean {
  return what === 'deployments' && name === 'web-primary';
}

/** Replicas that a write to this Deployment left it with. */
function replicasOf({ what, name, object }: Write, of: string): number | undefined {
  return what === 'deployments' && name === of ? (object.spec?.['replicas'] as number) : undefined;
}

function scalesUp({ what, name, sent, object }: Write): boolean {
  const isScaled = what === 'deployments' && name === 'web' && pathsIn(sent).some(isReplicas);
  return isScaled && (object.spec?.['replicas'] as number) > 0;
}

function isReplicas(path: string): boolean {
  return path === '/spec/replicas';
}

/** Whom the apex Service leads to after a write to it. */
function selectorOf({ what, name, object }: Write): string | undefined {
  if (what !== 'services' || name !== 'web') return undefined;
  const { selector } = object.spec as { selector: Record<string, string> };
  return selector['app'];
}

function imageOf({ spec }: Write['object']): string {
  const { template } = spec as { template: { spec: { containers: { image: string }[] } } };
  return template.spec.containers[0]!.image;
}

function runs(object: Write['object'], image: string): boolean {
  return imageOf(object) === image;
}

const FENCE_OF: Readonly<Record<string, Fenced>> = {
  virtualservices: 'virtualService',
  destinationrules: 'destinationRules',
  services: 'services',
};

/** The fence that a write is under; undefined for what needs none, such as the claim. */
function fenceFor(write: Write): Fenced | undefined {
  if (write.verb === 'delete' || stampOf(write) === undefined) return undefined;
  if (write.what !== 'deployments') return FENCE_OF[write.what];
  return write.name === 'web' ? 'target' : 'primary';
}

function stampOf({ object }: Write): string | undefined {
  return object?.metadata?.annotations?.[FENCE];
}

function inOrder(words: readonly string[]): string[] {
  return words.toSorted((a, b) => a.localeCompare(b));
}

function isFree(object: Write['object']): boolean {
  return (object.metadata.finalizers ?? []).length === 0;
}

/** Where a JSON Patch or a merge patch changes something, as JSON pointers. */
function pathsIn(patch: unknown): string[] {
  if (Array.isArray(patch)) return patch.map(({ path }: { path: string }) => path);
  return Object.entries(patch as object).flatMap(([key, value]) =>
    key === 'metadata' ? ['/metadata/'] : Object.keys(value as object).map((k) => `/${key}/${k}`),
  );
}
