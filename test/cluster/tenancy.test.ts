import { afterAll, beforeAll, expect, test } from 'vitest';
import { CANARY_KIND } from '../../src/ports/kinds.ts';
import { BLUE_GREEN, canary, deployment } from '../manifests/app.ts';
import { playWith } from '../scenarios/fleet.ts';
import { Play } from '../scenarios/play.ts';
import type { Stage } from '../scenarios/stage.ts';
import { clusterStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await clusterStage();
});
afterAll(() => stage.close());

test('with a Role alone a namespace has its rollouts, and no other is reached', async (context) => {
  const ours = await stage.newNamespace('tenant');
  const theirs = await stage.newNamespace('neighbour');
  const chart = ['rbac.clusterRoles=false'];
  const linnet = await stage.startLinnet({ namespace: ours, chart });
  const play = playWith(stage, linnet, ours, context);
  const neighbour = new Play(stage, linnet, theirs);
  await neighbour.apply(deployment('web', { image: 'shop:1' }), canary('web', BLUE_GREEN));
  await play.adopt('web');
  await play.release('web', { image: 'shop:2' });
  expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded' });
  expect((await neighbour.get(CANARY_KIND, 'web'))['status']).toBeUndefined();

  const asked = stage.audit?.().filter(({ user }) => user === linnet.user) ?? [];
  expect(asked.length).toBeGreaterThan(10);
  const outside = asked.filter(({ namespace }) => namespace !== ours);
  const requests = outside.map(({ verb, requestURI, code }) => `${verb} ${requestURI} ${code}`);
  expect([...new Set(requests)]).toEqual(['get /api/v1/namespaces/kube-system 403']);
});
