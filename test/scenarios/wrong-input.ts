import { describe, expect, test } from 'vitest';
import type { CanaryStatus } from '../../src/api/status.ts';
import { CANARY_KIND } from '../../src/ports/kinds.ts';
import { BLUE_GREEN, canary, deployment, service } from '../manifests/app.ts';
import { BAD_ALERTS, BAD_IN_CONTEXT, BAD_QUERIES } from '../manifests/bad-in-context.ts';
import { expectNothingLeft, isStalled, stalled } from './adoption.ts';
import { type Fleet, SCENARIO } from './fleet.ts';

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

    test.for(BAD_ALERTS)('warns: $wrong, until it is mended', async (row, context) => {
      const play = await fleet.play('alerts', context);
      const warning = (status: CanaryStatus) =>
        status.conditions.find(({ type }) => type === `Alert${row.reason}`);
      await play.apply(...row.context);
      await play.adopt('web', { ...BLUE_GREEN, alerts: [row.alert] });
      const { status } = await play.until('web', (now) => warning(now) !== undefined);
      expect(warning(status!)).toMatchObject({
        status: 'True',
        reason: row.reason,
        message: expect.stringMatching(row.says) as string,
      });
      await play.release('web', { image: 'shop:2' });
      const released = await play.untilEnded('web', 1);
      expect(released).toMatchObject({ phase: 'Succeeded' });
      expect(warning(released)).toBeDefined();

      const { objects = [], alert } = row.mended;
      await play.put(...objects);
      if (alert !== undefined) await play.edit('web', { analysis: { alerts: [alert] } });
      await play.until('web', (now) => warning(now) === undefined);
    });

    test('does not keep a Canary from being deleted, its target back first', async (context) => {
      const play = await fleet.play('leave', context);
      await play.apply(deployment('web', IMAGE), service('web'), canary('web', BLUE_GREEN));
      await play.untilPhase('web', 'Initialized');
      await play.edit('web', { analysis: { schedule: '0 9 * * *', timeZone: 'Mars/Olympus' } });
      const { status } = await play.until('web', isStalled);
      expect(stalled(status)).toMatchObject({ reason: 'InvalidSpec' });
      await play.stage.api.delete(play.path(CANARY_KIND, 'web'));
      await expectNothingLeft(play, 'web');
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
