import { describe, expect, test, type TestContext } from 'vitest';
import { CANARY_KIND } from '../../src/ports/kinds.ts';
import { BLUE_GREEN, canary, deployment } from '../manifests/app.ts';
import { isStalled, stalled } from './adoption.ts';
import { playWith, SCENARIO } from './fleet.ts';
import type { MidRollout } from './mid-rollout.ts';
import { ownRedis } from './own-redis.ts';
import type { LiveCanary } from './play.ts';

/** Several Linnets share a cluster, and a Redis, by the labels of Canaries. */
export function describeShards(mid: MidRollout): void {
  describe('two Linnets with a selector each', SCENARIO, () => {
    test('look after their own, and none after the rest', async (context) => {
      const { play } = await twoShards(mid, context);
      await play.apply(...['a', 'b'].flatMap((shard) => inShard(`web-${shard}`, shard)));
      await play.apply(...inShard('nobodys', 'c'));
      await play.untilPhase('web-a', 'Initialized');
      await play.untilPhase('web-b', 'Initialized');
      const rest = await play.get<LiveCanary>(CANARY_KIND, 'nobodys');
      expect([rest.status, rest.metadata.finalizers]).toEqual([undefined, undefined]);
    });

    test('do not take what belongs to one that they do not see', async (context) => {
      const { play } = await twoShards(mid, context);
      await play.apply(...inShard('web', 'a'));
      await play.untilPhase('web', 'Initialized');
      const rival = canary('rival', BLUE_GREEN);
      rival.spec.targetRef.name = 'web';
      await play.apply({ ...rival, metadata: labelled('rival', 'b') });
      const { status } = await play.until('rival', isStalled);
      expect(stalled(status)).toMatchObject({
        reason: 'TargetClaimed',
        message: expect.stringMatching(/Canary \S+\/web already releases/) as string,
      });
    });

    test('hand a rollout over when its label changes', async (context) => {
      const { play, first } = await twoShards(mid, context);
      await play.apply(...inShard('web', 'a', { ...BLUE_GREEN, iterations: 20 }));
      await play.untilPhase('web', 'Initialized');
      await play.release('web', { image: 'shop:2' });
      await play.until('web', ({ iterations }) => iterations >= 2);
      const path = play.path(CANARY_KIND, 'web');
      await play.stage.api.patch(path, { metadata: { labels: { shard: 'b' } } });
      await first.stop();
      expect(await play.untilEnded('web', 1)).toMatchObject({
        phase: 'Succeeded',
        history: [{ outcome: 'promoted' }],
      });
      await play.stage.api.delete(path);
      await play.untilGone(CANARY_KIND, 'web');
    });
  });
}

async function twoShards(mid: MidRollout, context: TestContext) {
  const redis = await ownRedis(context);
  const namespace = await mid.stage.newNamespace('shards');
  const flags = (shard: string) => ({ 'redis-url': redis.url, selector: `shard=${shard}` });
  const first = await mid.start({ namespace, flags: flags('a') });
  await mid.start({ replicaOf: first, flags: flags('b') });
  return { play: playWith(mid.stage, first, namespace, context), first };
}

function inShard(name: string, shard: string, analysis: object = BLUE_GREEN): object[] {
  const selected = { ...canary(name, analysis), metadata: labelled(name, shard) };
  return [deployment(name, { image: 'shop:1' }, 1), selected];
}

function labelled(name: string, shard: string) {
  return { name, labels: { shard } };
}
