import { readFileSync } from 'node:fs';
import { describe, expect, test, type TestContext } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/ports/cluster.ts';
import { prepareFleet, SCENARIO } from '../scenarios/fleet.ts';
import type { Play } from '../scenarios/play.ts';
import { expectLawful, expectNoneFailed, expectOnlyFailed } from './expectations.ts';
import { startTester } from './pods/tester.ts';
import { MeshRollout, type People } from './rollout.ts';
import { meshStage } from './stage.ts';
import { strays, summary, unserved } from './traffic/laws.ts';
import type { Story } from './traffic/record.ts';

/** Manifests as teams wrote them for Flagger, with only the group changed, on a real Istio. */

const fleet = prepareFleet(meshStage);
const NAME = 'podinfo';
const PORT = 9898;

describe.concurrent('a Flagger manifest with only the group changed', SCENARIO, () => {
  test('steps, with an autoscaler, gates and alerts: promoted, no request fails', async (context) => {
    const play = await fleet.play('flagger', context);
    const called = await startTester(play, context);
    const rollout = await underFlaggers('progressive.yaml', play, context);
    const weights = await play.recordWeights(NAME);
    await release(play, 'podinfo:2');
    const status = await play.untilEnded(NAME, 1);
    await play.until(NAME, ({ outbox = [] }) => outbox.length === 0);
    const story = await rollout.end();

    expect(status).toMatchObject({ phase: 'Succeeded', failedChecks: 0 });
    expect(await weights.stop()).toEqual([10, 20, 30, 40, 50, 0]);
    expectLawful(story);
    expectNoneFailed(story);
    const paths = called.map(({ path }) => path);
    const all = ['/gate', '/acceptance', '/load', '/report', '/events', '/slack'];
    expect(paths).toEqual(expect.arrayContaining(all));
    expect(called.find(({ path }) => path === '/acceptance')).toMatchObject({
      body: { name: NAME, namespace: play.namespace, phase: 'Progressing' },
    });
  });

  test('steps: a version that fails is rolled back', async (context) => {
    const play = await fleet.play('flagger-fails', context);
    await startTester(play, context);
    const rollout = await underFlaggers('progressive.yaml', play, context);
    await release(play, 'podinfo:2', { SANDBOX_ERRORS: '30%' });
    const status = await play.untilEnded(NAME, 1);
    const story = await rollout.end();

    expect(status).toMatchObject({ phase: 'Failed', canaryWeight: 0 });
    expectLawful(story);
    expectOnlyFailed(story, 'podinfo:2');
  });

  test('A/B testing: insiders meet the new version, others only once it is promoted', async (context) => {
    const play = await fleet.play('flagger-ab', context);
    const others = await underFlaggers('ab-testing.yaml', play, context);
    const headers = { 'x-canary': 'an insider' };
    const insiders = new MeshRollout(play, NAME, context, { port: PORT, headers });
    await insiders.call();
    await release(play, 'podinfo:2');
    const status = await play.untilEnded(NAME, 1);
    const [met, seen] = [await insiders.end(), await others.end()];

    expect(status).toMatchObject({ phase: 'Succeeded', failedChecks: 0 });
    expectNoneFailed(met);
    expectNoneFailed(seen);
    expect(strays(seen)).toEqual([]);
    const promotedAt = seen.plans.find(({ phase }) => phase === 'Promoting')?.at ?? 0;
    const early = met.answers.filter(({ endedAt }) => endedAt < promotedAt);
    expect(early.filter(({ version }) => version === 'podinfo:2').length).toBeGreaterThan(50);
    expect(seen.answers.at(-1)).toMatchObject({ version: 'podinfo:2' });
  });

  test('blue-green with mirrored requests: nobody notices', async (context) => {
    const play = await fleet.play('flagger-mirror', context);
    const rollout = await underFlaggers('blue-green-mirror.yaml', play, context);
    await release(play, 'podinfo:2');
    const status = await play.untilEnded(NAME, 1);
    const story = await rollout.end();

    expect(status).toMatchObject({ phase: 'Succeeded', failedChecks: 0 });
    expectNoneFailed(story);
    expect(strays(story)).toEqual([]);
    expect(story.answers.at(-1)).toMatchObject({ version: 'podinfo:2' });
  });

  test('session affinity: nobody who met the new version meets the old one again', async (context) => {
    const play = await fleet.play('flagger-affinity', context);
    const rollout = await underFlaggers('session-affinity.yaml', play, context, { visitors: 40 });
    await release(play, 'podinfo:2');
    const status = await play.untilEnded(NAME, 1);
    const story = await rollout.end();

    expect(status).toMatchObject({ phase: 'Succeeded', failedChecks: 0 });
    expectNoneFailed(story);
    expect(summary(unserved(story))).toEqual([]);
    expect(waverers(story)).toEqual([]);
  });
});

/** A workload that is adopted by the manifest of a file, and called from both sides. */
async function underFlaggers(
  file: string,
  play: Play,
  context: TestContext,
  people: People = {},
): Promise<MeshRollout> {
  const rollout = new MeshRollout(play, NAME, context, { ...people, port: PORT });
  await play.apply(workload('podinfo:1'), autoscaler(), ...manifests(file, play.namespace));
  await play.untilPhase(NAME, 'Initialized');
  await rollout.call();
  return rollout;
}

/** As the guide says: another group, and the team's own namespace. */
function manifests(file: string, namespace: string): KubeObject[] {
  const text = readFileSync(new URL(`flagger/${file}`, import.meta.url), 'utf8')
    .replaceAll('apiVersion: flagger.app/', 'apiVersion: linnet.dev/')
    .replaceAll('flagger-team', namespace);
  return parseAllDocuments(text).map((document) => document.toJSON() as KubeObject);
}

function workload(image: string, env: Readonly<Record<string, string>> = {}) {
  const labels = { app: NAME };
  const container = {
    name: NAME,
    image,
    ports: [
      { name: 'http', containerPort: PORT, protocol: 'TCP' },
      { name: 'http-metrics', containerPort: 9797, protocol: 'TCP' },
    ],
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME, labels },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
}

/** Without a metrics server it keeps the replicas within its bounds, and no more. */
function autoscaler() {
  const resource = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 99 } };
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: NAME },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: NAME },
      minReplicas: 2,
      maxReplicas: 4,
      metrics: [{ type: 'Resource', resource }],
    },
  };
}

async function release(
  play: Play,
  image: string,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { template } = workload(image, env).spec;
  const path = `/apis/apps/v1/namespaces/${play.namespace}/deployments/${NAME}`;
  await play.stage.api.patch(path, { spec: { template } });
}

/** People whose answers went from the new version back to the old one. */
function waverers({ answers }: Story): string[] {
  return answers
    .filter(({ side, visitor, sentAt, version }) => {
      const before = answers.findLast(
        (earlier) =>
          earlier.side === side && earlier.visitor === visitor && earlier.endedAt < sentAt,
      );
      return before?.version === 'podinfo:2' && version === 'podinfo:1';
    })
    .map(({ side, visitor }) => `${side} ${visitor}`);
}
