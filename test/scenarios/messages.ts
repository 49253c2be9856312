import { describe, expect, test } from 'vitest';
import { API_VERSION } from '../../src/api/group.ts';
import type { KubeObject } from '../../src/ports/cluster.ts';
import { EVENT } from '../../src/ports/kinds.ts';
import { BLUE_GREEN } from '../manifests/app.ts';
import { type Fleet, SCENARIO } from './fleet.ts';
import { startReceiver } from './receiver.ts';

/** What people hear of a rollout. */
export function describeMessages(fleet: Fleet): void {
  describe.concurrent('messages', SCENARIO, () => {
    test('reach a webhook and the Canary’s events, each once', async (context) => {
      const play = await fleet.play('messages', context);
      const receiver = await startReceiver<Received>();
      await play.apply({
        apiVersion: API_VERSION,
        kind: 'AlertProvider',
        metadata: { name: 'people' },
        spec: { type: 'webhook', address: receiver.url },
      });
      const alerts = [{ name: 'all', severity: 'info', providerRef: { name: 'people' } }];
      await play.adopt('web', { ...BLUE_GREEN, alerts });
      await play.release('web', { image: 'shop:2' });
      await play.untilEnded('web', 1);
      await play.edit('web', { progressDeadlineSeconds: 4 });
      await play.release('web', { image: 'shop:3', neverReady: true });
      await play.untilEnded('web', 2);
      await play.until('web', ({ outbox = [] }) => outbox.length === 0);

      const told = ['initialized', 'started', 'promoted', 'started', 'failed'];
      expect(receiver.received.toSorted((a, b) => a.n - b.n)).toMatchObject(
        told.map((kind, i) => ({ kind, n: i + 1, name: 'web', namespace: play.namespace })),
      );
      expect(receiver.received.find(({ kind }) => kind === 'failed')?.text).toMatch(
        /rolled back: 0 of 2 canary pods were ready after 4 s/,
      );
      const events = await play.stage.api.list<Event>(play.path(EVENT));
      const reasons = events.filter((e) => e.involvedObject.kind === 'Canary').map((e) => e.reason);
      const expected = ['Initialized', 'Started', 'Promoted', 'Started', 'Failed'];
      expect(reasons.toSorted()).toEqual(expected.toSorted());
      await receiver.close();
    });
  });
}

type Event = KubeObject & { involvedObject: { kind: string }; reason: string };

interface Received {
  readonly n: number;
  readonly kind: string;
  readonly text: string;
}
