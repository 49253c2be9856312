import { beforeEach, describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { FakeCluster } from '../../../test/builders/fake-cluster.ts';
import { EVENT } from '../../ports/kinds.ts';
import { createEvent } from './events.ts';

const STARTED = {
  n: 3,
  type: 'Normal',
  reason: 'Started',
  message: 'checkout: revision 6f7 is on its way',
  at: '2026-11-21T10:00:00.123Z',
} as const;

let cluster: FakeCluster;
beforeEach(() => (cluster = new FakeCluster()));

const written = () => cluster.all(EVENT);

describe('an event', () => {
  it('is about its Canary', async () => {
    await createEvent(cluster, aCanary(), STARTED);
    expect(written()).toMatchObject([
      {
        metadata: { namespace: 'shop', name: expect.stringMatching(/^checkout\.[0-9a-f]{10}\.3$/) },
        involvedObject: {
          apiVersion: 'linnet.dev/v1beta1',
          kind: 'Canary',
          namespace: 'shop',
          name: 'checkout',
          uid: 'u-1',
        },
        type: 'Normal',
        reason: 'Started',
        message: STARTED.message,
        firstTimestamp: '2026-11-21T10:00:00Z',
        source: { component: 'linnet' },
      },
    ]);
  });

  it('is there once, however often it is written', async () => {
    for (let time = 0; time < 3; time++) await createEvent(cluster, aCanary(), STARTED);
    await createEvent(cluster, aCanary(), { ...STARTED, n: 4 });
    await createEvent(cluster, aCanary({ metadata: { uid: 'u-2' } }), STARTED);
    expect(written()).toHaveLength(3);
  });

  it.each([400, 403, 500])('is not taken for written on a %i', async (code) => {
    cluster.failOnce({ verb: 'create' }, code, 'Forbidden');
    await expect(createEvent(cluster, aCanary(), STARTED)).rejects.toMatchObject({ code });
  });

  it('has a name and a message that the API server takes', async () => {
    const name = `${'a'.repeat(240)}.b`;
    await createEvent(cluster, aCanary({ metadata: { name } }), {
      ...STARTED,
      message: 'x'.repeat(2_000),
    });
    const [event] = written();
    expect(event?.metadata.name.length).toBeLessThanOrEqual(253);
    expect(event?.metadata.name).toMatch(
      /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    );
    expect(event?.['message']).toHaveLength(1024);
  });
});
