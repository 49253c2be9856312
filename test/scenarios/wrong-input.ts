import { describe, expect, test } from 'vitest';
import { API_VERSION } from '../../src/api/group.ts';
import { BAD_IN_CONTEXT, BAD_QUERIES } from '../manifests/bad-in-context.ts';
import { isStalled, stalled } from './adoption.ts';
import { type Fleet, SCENARIO } from './fleet.ts';
import { BLUE_GREEN, canary, deployment } from './manifests.ts';

/** What only the controller can see to be wrong; it must forbid references to other namespaces. */
export function describeWrongInput(fleet: Fleet): void {
  describe.concurrent('wrong input', SCENARIO, () => {
    test.for(BAD_IN_CONTEXT)('stalls: $wrong', async (row, context) => {
      const play = await fleet.play('wrong', context);
      await play.apply(...row.context, row.canary);
      const { status } = await play.until(row.canary.metadata.name, isStalled);
      expect(stalled(status)).toMatchObject({
        reason: row.reason,
        message: expect.stringMatching(row.says) as string,
      });
    });

    test.for(BAD_QUERIES)('holds: a query that $wrong', async ({ query, says }, context) => {
      const play = await fleet.play('query', context);
      const metric = { name: 'odd', query, interval: '5s', thresholdRange: { max: 1 } };
      await play.adopt('web', { metrics: [metric] });
      await play.release('web', { image: 'shop:2' });
      const { status } = await play.until(
        'web',
        ({ hold }) => hold?.code === 'evidence' && says.test(hold.reason),
      );
      expect(status).toMatchObject({ phase: 'Progressing', failedChecks: 0 });
    });

    test('stalls: two Canaries with one route of a VirtualService', async (context) => {
      const play = await fleet.play('routes', context);
      const routing = { virtualServiceRef: { name: 'shared' }, routes: ['all'] };
      await play.apply(sharedVirtualService(), deployment('one', IMAGE), deployment('two', IMAGE));
      await play.apply(canary('one', BLUE_GREEN, { routing }));
      await play.untilPhase('one', 'Initialized');
      await play.apply(canary('two', BLUE_GREEN, { routing }));
      const { status } = await play.until('two', isStalled);
      expect(stalled(status)).toMatchObject({
        message: expect.stringMatching(
          /^route all of VirtualService \S+\/shared is shifted by Canary \S+\/one already/,
        ) as string,
      });
      await play.release('one', { image: 'shop:2' });
      expect(await play.untilEnded('one', 1)).toMatchObject({ phase: 'Succeeded' });
    });

    test('is said of alerts that cannot be sent, and keeps no rollout', async (context) => {
      const play = await fleet.play('alerts', context);
      const secret = (name: string, stringData: Record<string, string>) => ({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name },
        stringData,
      });
      await play.apply(secret('empty', { other: 'x' }), secret('odd', { address: 'no url' }));
      const names = ['missing', 'empty', 'odd'];
      await play.apply(...names.map((name) => slackProvider(name)));
      const alerts = names.map((name) => ({ name, providerRef: { name } }));
      await play.adopt('web', { ...BLUE_GREEN, alerts });
      const of = (name: string) => `AlertProvider ${play.namespace}/${name}:.*`;
      await play.linnet.logged(new RegExp(`${of('missing')}Secret .* does not exist`));
      await play.linnet.logged(new RegExp(`${of('empty')}lacks the key 'address'`));
      const odd = await play.linnet.logged(new RegExp(of('odd')));
      expect(odd).not.toContain('no url');
      await play.release('web', { image: 'shop:2' });
      expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded' });
    });

    test('of one Canary keeps no other from its rollout', async (context) => {
      const play = await fleet.play('beside', context);
      for (const { context: objects, canary } of BAD_IN_CONTEXT)
        await play.apply(...objects, canary);
      await play.adopt('healthy', BLUE_GREEN);
      await play.release('healthy', { image: 'shop:2' });
      expect(await play.untilEnded('healthy', 1)).toMatchObject({ phase: 'Succeeded' });
    });
  });
}

const IMAGE = { image: 'shop:1' };

/** Of a user, whose only route two Canaries want. */
function sharedVirtualService() {
  const route = [
    { destination: { host: 'one' }, weight: 100 },
    { destination: { host: 'two' }, weight: 0 },
  ];
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'shared' },
    spec: { hosts: ['shared'], http: [{ name: 'all', route }] },
  };
}

function slackProvider(name: string) {
  return {
    apiVersion: API_VERSION,
    kind: 'AlertProvider',
    metadata: { name },
    spec: { type: 'slack', secretRef: { name } },
  };
}
