import { describe, expect, test } from 'vitest';
import { CANARY_KIND, DEPLOYMENT, SERVICE, VIRTUAL_SERVICE } from '../../src/ports/kinds.ts';
import { deployment, service } from '../manifests/app.ts';
import { expectNothingLeft } from '../scenarios/adoption.ts';
import { prepareFleet, SCENARIO } from '../scenarios/fleet.ts';
import { canaryWeightIn, type Play, type VirtualService } from '../scenarios/play.ts';
import { GATEWAY } from './bed/gateway.ts';
import { expectLawful, expectNoneFailed, expectOnlyFailed } from './expectations.ts';
import { crashPods, keepCrashing } from './pods/crash.ts';
import { rolloutIn } from './rollout.ts';
import { meshStage, publicHost } from './stage.ts';
import { CONVERGENCE_MS, strays, summary, unserved } from './traffic/laws.ts';

const fleet = prepareFleet(meshStage);

describe.concurrent('on a real mesh a rollout', SCENARIO, () => {
  test('of a healthy version is promoted, and no request fails', async (context) => {
    const rollout = await rolloutIn(fleet, 'healthy', context);
    await rollout.adopt({ image: 'shop:1' });
    const weights = await rollout.play.recordWeights('web');
    await rollout.play.release('web', { image: 'shop:2' });
    const status = await rollout.untilEnded();
    const story = await rollout.end();

    expect(status).toMatchObject({ phase: 'Succeeded', failedChecks: 0 });
    expect(await weights.stop()).toEqual([10, 20, 30, 40, 50, 0]);
    expectLawful(story);
    expectNoneFailed(story);
    expect(story.answers.at(-1)).toMatchObject({ version: 'shop:2' });
    expect(await rollout.play.get(DEPLOYMENT, 'web')).toMatchObject({ spec: { replicas: 0 } });
  });

  test.for(['5%', '20%', '100%'])('that fails for %s is taken back', async (errors, context) => {
    const rollout = await rolloutIn(fleet, 'errors', context);
    await rollout.adopt({ image: 'shop:1' });
    await rollout.play.release('web', { image: 'shop:2', errors });
    const status = await rollout.untilEnded();
    const story = await rollout.end();

    expect(status).toMatchObject({ phase: 'Failed', canaryWeight: 0 });
    expect(status.verdict).toMatch(/^ROLLBACK: .*(request-success-rate|5xx)/);
    expectLawful(story);
    expectOnlyFailed(story, 'shop:2');
    expect(story.answers.at(-1)).toMatchObject({ version: 'shop:1' });
  });

  test('that takes three times as long is taken back, and no request fails', async (context) => {
    const rollout = await rolloutIn(fleet, 'latency', context);
    const metrics = [
      { name: 'request-success-rate', thresholdRange: { min: 99 }, interval: '5s' },
      { name: 'request-duration', thresholdRange: { max: 300 }, interval: '5s' },
    ];
    await rollout.adopt({ image: 'shop:1', env: { SANDBOX_LATENCY: '120ms' } }, { metrics });
    await rollout.play.release('web', { image: 'shop:2', env: { SANDBOX_LATENCY: '360ms' } });
    const status = await rollout.untilEnded();
    const story = await rollout.end();

    expect(status).toMatchObject({ phase: 'Failed', canaryWeight: 0 });
    expect(status.verdict).toMatch(/^ROLLBACK: .*(request-duration|slower than)/);
    expectLawful(story);
    expectNoneFailed(story);
  });

  test('that is superseded starts over, and nobody meets the older version again', async (context) => {
    const rollout = await rolloutIn(fleet, 'superseded', context);
    await rollout.releaseTo(30);
    // As long as a server needs to start: by then the weight must have gone.
    const env = { SANDBOX_READY_AFTER: '15s' };
    await rollout.play.release('web', { image: 'shop:3', env });
    const { history } = await rollout.untilEnded(2);
    const story = await rollout.end();

    expect(history).toMatchObject([{ outcome: 'superseded' }, { outcome: 'promoted' }]);
    expectLawful(story);
    expectNoneFailed(story);
    expect(story.answers.at(-1)).toMatchObject({ version: 'shop:3' });
  });

  test('whose pods crash gives its traffic back at once', async (context) => {
    const rollout = await rolloutIn(fleet, 'canary-crash', context);
    await rollout.releaseTo(30, { progressDeadlineSeconds: 30 });
    const crashedAt = Date.now();
    expect(await crashPods(rollout.play, 'web')).toBeGreaterThan(0);
    const retreatedAt = await untilRouted(rollout.play, 0);
    const status = await rollout.untilEnded();
    const story = await rollout.end();

    expect(status).toMatchObject({ phase: 'Failed', canaryWeight: 0 });
    const late = unserved(story).filter(
      ({ sentAt }) => sentAt < crashedAt - 100 || sentAt > retreatedAt + CONVERGENCE_MS,
    );
    expect(summary(late)).toEqual([]);
    expect(story.answers.at(-1)).toMatchObject({ version: 'shop:1', status: 200 });
  });

  test('whose primary crashes in the promotion is served by the proven canary', async (context) => {
    const rollout = await rolloutIn(fleet, 'primary-crash', context);
    await rollout.adopt({ image: 'shop:1' }, {}, { progressDeadlineSeconds: 30 });
    await rollout.play.release('web', { image: 'shop:2' });
    await rollout.play.until(
      'web',
      ({ phase, stage }) => phase === 'Promoting' && stage === 'copy',
    );
    const { crashedAt } = keepCrashing(rollout.play, 'web-primary', context);
    const relievedAt = await untilRouted(rollout.play, 100);
    // Not the deadline relieved it: its users would have waited for that.
    expect(await rollout.play.status('web')).toMatchObject({ phase: 'Promoting' });
    const status = await rollout.untilEnded();
    const story = await rollout.end();

    expect(status).toMatchObject({
      phase: 'Failed',
      canaryWeight: 100,
      history: [{ outcome: 'primary-stuck' }],
    });
    // Who called a pod that had just died, or before the traffic had left it, had no luck.
    const late = unserved(story).filter(
      ({ sentAt }) => sentAt < (crashedAt[0] ?? 0) - 100 || sentAt > relievedAt + CONVERGENCE_MS,
    );
    expect(summary(late)).toEqual([]);
    expect(story.answers.at(-1)).toMatchObject({ version: 'shop:2', status: 200 });
  });

  test('whose VirtualService Git resets goes on where it was, and no request fails', async (context) => {
    const rollout = await rolloutIn(fleet, 'git', context);
    await rollout.adopt({ image: 'shop:1' });
    const before = await rollout.play.get<VirtualService>(VIRTUAL_SERVICE, 'web');
    await rollout.play.release('web', { image: 'shop:2' });
    await rollout.untilWeight(40);
    const weights = await rollout.play.recordWeights('web');
    await replace(before);
    const status = await rollout.untilEnded();
    const story = await rollout.end();

    expect(status).toMatchObject({ phase: 'Succeeded', failedChecks: 0 });
    // At rest it was 0; the first write after Git's takes the rollout back to where it stood.
    expect(await weights.stop()).toEqual([0, 40, 50, 0]);
    expectNoneFailed(story);

    async function replace({ metadata, spec, ...rest }: VirtualService): Promise<void> {
      const { name, namespace, labels } = metadata;
      const path = rollout.play.path(VIRTUAL_SERVICE, 'web');
      const live = await rollout.play.get<VirtualService>(VIRTUAL_SERVICE, 'web');
      const { resourceVersion, ownerReferences } = live.metadata;
      const kept = { name, namespace, labels, resourceVersion, ownerReferences };
      await fleet.stage.api.replace(path, { ...rest, metadata: kept, spec });
    }
  });

  test('on a VirtualService of one’s own, which Git resets, fails no request', async (context) => {
    const rollout = await rolloutIn(fleet, 'own-routes', context);
    const { play } = rollout;
    const front = ownVirtualService(play.namespace, [GATEWAY, 'mesh']);
    await play.apply(deployment('web', { image: 'shop:1' }), service('web'), front);
    await rollout.call();
    const routing = { virtualServiceRef: { name: 'front' }, routes: ['shop'] };
    await play.apply(rollout.canary({}, { service: { port: 80, targetPort: 'http' }, routing }));
    await play.untilPhase('web', 'Initialized');
    await play.release('web', { image: 'shop:2' });
    await rollout.untilWeight(40);
    const weights = await play.recordWeights('front');
    const live = await play.get(VIRTUAL_SERVICE, 'front');
    const { resourceVersion } = live.metadata;
    const fromGit = { ...front, metadata: { ...front.metadata, resourceVersion } };
    await play.stage.api.replace(play.path(VIRTUAL_SERVICE, 'front'), fromGit);
    const status = await rollout.untilEnded();
    const story = await rollout.end();

    expect(status).toMatchObject({ phase: 'Succeeded', failedChecks: 0 });
    expect(await weights.stop()).toEqual([0, 40, 50, 0]);
    expectNoneFailed(story);
    expect(story.answers.at(-1)).toMatchObject({ version: 'shop:2' });
  });

  test('whose Canary is deleted ends with the target as before, and no request fails', async (context) => {
    const rollout = await rolloutIn(fleet, 'deleted', context);
    const { play } = rollout;
    await play.apply(deployment('web', { image: 'shop:1' }), service('web'), rollout.canary());
    await play.untilPhase('web', 'Initialized');
    await rollout.call(['mesh']);
    await play.release('web', { image: 'shop:2' });
    await rollout.untilWeight(40);
    await play.stage.api.delete(play.path(CANARY_KIND, 'web'));
    await expectNothingLeft(play, 'web');
    const story = await rollout.end();

    expectNoneFailed(story);
    expect(story.answers.at(-1)).toMatchObject({ status: 200 });
  });

  test('can be made of a live Service, and no request fails', async (context) => {
    const rollout = await rolloutIn(fleet, 'adopted', context);
    const { play } = rollout;
    await play.apply(deployment('web', { image: 'shop:1' }), service('web'));
    await rollout.call(['mesh']);
    await play.apply(rollout.canary({}, { service: { port: 80, targetPort: 'http' } }));
    await play.untilPhase('web', 'Initialized');
    await play.release('web', { image: 'shop:2' });
    const status = await rollout.untilEnded();
    const story = await rollout.end();

    expect(status).toMatchObject({ phase: 'Succeeded' });
    expectNoneFailed(story);
    expect(await play.get(SERVICE, 'web')).toMatchObject({
      spec: { selector: { app: 'web-primary' } },
    });
  });

  test('that some callers go past holds, says who, and fails no request', async (context) => {
    const rollout = await rolloutIn(fleet, 'bypassed', context);
    const { play } = rollout;
    const front = ownVirtualService(play.namespace, [GATEWAY]);
    await play.apply(deployment('web', { image: 'shop:1' }), service('web'), front);
    await rollout.call();
    await play.apply(rollout.canary({}, { service: { port: 80, targetPort: 'http' } }));
    await play.untilPhase('web', 'Initialized');
    await play.release('web', { image: 'shop:2' });
    const { status } = await play.until(
      'web',
      ({ hold }) => hold?.reason.includes('past') ?? false,
    );
    const story = await rollout.end();

    expect(status?.hold?.reason).toMatch(
      /^\d[\d.]* % of \d+ requests of this step met the canary, its weight is \d+ %; these callers go past its routes: istio-system\/ingressgateway \(0 % of \d+\)$/,
    );
    expect(strays(story)).toEqual([]);
    expectNoneFailed(story);
    const outside = story.answers.filter(({ side }) => side === 'gateway');
    expect(new Set(outside.map(({ version }) => version))).toEqual(new Set(['shop:1']));
  });
});

/** When the VirtualService told the canary's weight, as soon as it does. */
async function untilRouted(play: Play, weight: number): Promise<number> {
  const isWritten = (live: VirtualService) => canaryWeightIn(live) === weight;
  await play.untilObject(VIRTUAL_SERVICE, 'web', isWritten);
  return Date.now();
}

/** As a team has it in Git: it leads to the Service, whoever is behind it. */
function ownVirtualService(namespace: string, gateways: string[]) {
  const inside = gateways.includes('mesh') ? [`web.${namespace}.svc.cluster.local`] : [];
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'front' },
    spec: {
      hosts: [publicHost(namespace, 'web'), ...inside],
      gateways,
      http: [{ name: 'shop', route: [{ destination: { host: 'web' } }] }],
    },
  };
}
