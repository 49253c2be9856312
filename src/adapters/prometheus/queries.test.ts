import { describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { SweptStore, T0 } from '../../../test/builders/swept-store.ts';
import { type Watched, watchedOf } from './watched.ts';

const store = new SweptStore();

describe('the selectors', () => {
  const queries = () => store.fake.asked.map(({ form }) => form.get('query') ?? '').join('\n');

  it('name the workloads when they are few', async () => {
    await store.sweepAt(store.sweeper(), T0);
    expect(queries()).toContain('destination_workload_namespace=~"shop"');
    expect(queries()).toContain('destination_workload=~"checkout|checkout-primary"');
    expect(queries()).toContain('destination_service_name=~"checkout-canary|checkout-primary"');
  });

  it('do not, when the list would be longer than the answer', async () => {
    const swept = store.sweeper();
    swept.watched = Array.from({ length: 200 }, (_, i) => {
      const name = `app-${i}`;
      const targetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name };
      return watchedOf(aCanary({ metadata: { name }, spec: { targetRef } }));
    });
    await store.sweepAt(swept, T0);
    expect(queries()).not.toContain('app-');
    expect(queries()).toContain('destination_workload_namespace=~"shop"');
    expect(queries().length).toBeLessThan(5000);
  });

  it('speak of connections only where they are counted, and of those workloads alone', async () => {
    const requests = watchedOf(aCanary());
    const targetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'broker' };
    const service = { port: 5672, appProtocol: 'tcp' };
    const connections = watchedOf(
      aCanary({ metadata: { name: 'broker' }, spec: { targetRef, service } }),
    );
    const asked = async (watched: readonly Watched[]) => {
      const before = store.fake.asked.length;
      const swept = store.sweeper();
      swept.watched = watched;
      await store.sweepAt(swept, T0);
      return store.fake.asked.slice(before).map(({ form }) => form.get('query') ?? '');
    };
    const [http, tcp, both] = [
      await asked([requests]),
      await asked([connections]),
      await asked([requests, connections]),
    ];
    expect(http.join('\n')).not.toContain('tcp');
    // What the facts are told by, what was opened, and what callers lost.
    expect(
      both.filter((query) => query.includes('istio_tcp_connections_opened_total')),
    ).toHaveLength(4);
    expect(both.join('\n')).toContain('destination_workload=~"broker|broker-primary"');
    expect(tcp.join('\n')).not.toContain('istio_requests_total');
    expect([tcp.length, both.length]).toEqual([http.length, http.length]);
  });

  it('take a name by the letter', async () => {
    const swept = store.sweeper();
    const targetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a.b' };
    swept.watched = [
      watchedOf(aCanary({ spec: { targetRef, service: { name: 'front', port: 80 } } })),
    ];
    await store.sweepAt(swept, T0);
    expect(queries()).toContain(String.raw`destination_workload=~"a\\.b|a\\.b-primary"`);
  });
});
