import { describe, expect, test, type TestContext } from 'vitest';
import type { KubeObject } from '../../src/ports/cluster.ts';
import { DEPLOYMENT, VIRTUAL_SERVICE } from '../../src/ports/kinds.ts';
import { isStalled, stalled } from './adoption.ts';
import { type Fleet, SCENARIO } from './fleet.ts';
import {
  flaggerCanaries,
  flaggerManifest,
  hastened,
  PORTS,
  workloadFor,
} from './flagger-manifests.ts';
import { type FlaggerRollout, NOT_YET, ROLLOUTS } from './flagger-rollouts.ts';
import { canaryWeightOf, type Deployment, type Play, type VirtualService } from './play.ts';
import { type Receiver, startReceiver } from './receiver.ts';

/** Manifests written for Flagger do here what they do there, with only the group changed. */
export function describeFlagger(fleet: Fleet): void {
  describe.concurrent('of Flagger', SCENARIO, () => {
    test.for(onlyAdopted())('%s is adopted', async (file, context) => {
      const { play, name, hosts } = await apply(fleet, file, context);
      await play.untilPhase(name, 'Initialized');
      const made = await play.get<VirtualService>(VIRTUAL_SERVICE, name);
      expect(made.spec.hosts ?? []).toEqual(expect.arrayContaining(hosts));
    });

    test.for(Object.entries(NOT_YET))('%s is told: %s', async ([file, reason], context) => {
      const { play, name } = await apply(fleet, file, context);
      const { status } = await play.until(name, isStalled);
      expect(stalled(status)).toMatchObject({ reason });
    });

    test.for(ROLLOUTS)('$file is promoted, and taken back when it fails', async (row, context) => {
      const { play, name, tester } = await adopted(fleet, row, context);
      const routes = await recordRoutes(play, name);
      await play.release(name, version(2));
      const { phase, verdict } = await play.untilEnded(name, 1);
      expect({ phase, verdict }).toMatchObject({ phase: 'Succeeded' });
      const recorded = await routes.stop();
      expect(weightsOf(recorded)).toEqual(row.weights);
      expect(await imageOf(play, `${name}-primary`)).toBe('shop:2');
      await row.promoted?.({ play, name, routes: recorded, tester });

      for (const path of row.fails.paths ?? []) tester.answer(...path);
      await play.release(name, { ...version(3), ...row.fails.version });
      const status = await play.untilEnded(name, 2);
      expect(status).toMatchObject({ phase: 'Failed', canaryWeight: 0 });
      expect(status.verdict).toMatch(row.fails.says);
      expect(await imageOf(play, `${name}-primary`)).toBe('shop:2');
      expect(await play.get(DEPLOYMENT, name)).toMatchObject({ spec: { replicas: 0 } });
    });
  });
}

/** What is released below is adopted first, but for its speed. */
function onlyAdopted(): string[] {
  const released = new Set(ROLLOUTS.filter(({ quicker }) => !quicker).map(({ file }) => file));
  return flaggerCanaries().filter((file) => !released.has(file) && !(file in NOT_YET));
}

const version = (n: number) => ({ image: `shop:${n}`, ports: PORTS });

/** Where nobody answers: an adoption asks nobody. */
const NOWHERE = { prometheus: 'http://prometheus.monitoring:9090', tester: 'http://tester.shop/' };

/** As it is, with the workload that it names. */
async function apply(fleet: Fleet, file: string, context: TestContext) {
  const play = await fleet.play('flagger', context);
  const manifest = flaggerManifest(file, NOWHERE);
  await play.apply(...workloadFor(manifest, version(1)), manifest);
  return { play, name: manifest.metadata.name, hosts: manifest.spec.service.hosts ?? [] };
}

async function adopted(fleet: Fleet, row: FlaggerRollout, context: TestContext) {
  const play = await fleet.play('flagger', context);
  const tester: Receiver<object> = await startReceiver();
  context.onTestFinished(async () => void (await tester.close()));
  // Nobody pulls the brake.
  tester.answer('/rollback/check', 403);
  const at = { prometheus: fleet.stage.prometheusUrl, tester: tester.url };
  const manifest = hastened(flaggerManifest(row.file, at), row.quicker);
  const { name } = manifest.metadata;
  const others = (row.others ?? []).map((file) => flaggerManifest(file, at));
  await play.apply(
    ...(row.objects ?? []),
    ...others,
    ...workloadFor(manifest, version(1)),
    manifest,
  );
  await play.untilPhase(name, 'Initialized');
  const { service = name, headers } = row.requests?.(name) ?? {};
  const { port } = manifest.spec.service;
  play.sendRequests(service, 20, { port, ...(headers && { headers }) });
  return { play, name, tester };
}

async function recordRoutes(play: Play, name: string) {
  const recording = await play.record<VirtualService>(VIRTUAL_SERVICE);
  return {
    async stop(): Promise<VirtualService[]> {
      const seen = await recording.stop();
      return seen.flatMap(({ object }) => (object.metadata.name === name ? [object] : []));
    },
  };
}

/** The most that any route but those of cookies sends to the canary, each change once. */
function weightsOf(routes: readonly VirtualService[]): number[] {
  return routes
    .map(({ spec }) => spec.http.filter((route) => !isSticky(route)))
    .map((http) => Math.max(...http.map((route) => canaryWeightOf(route))))
    .filter((weight, i, all) => weight !== (all[i - 1] ?? 0));
}

function isSticky(route: object): boolean {
  return 'name' in route && String(route.name).startsWith('sticky');
}

async function imageOf(play: Play, name: string): Promise<string | undefined> {
  const { spec } = await play.get<Deployment & KubeObject>(DEPLOYMENT, name);
  return spec.template.spec.containers[0]?.image;
}
