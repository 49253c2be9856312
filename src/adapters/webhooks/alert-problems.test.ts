import { describe, expect, test } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { FakeCluster } from '../../../test/builders/fake-cluster.ts';
import { reachWithLoopback } from '../../../test/builders/reach.ts';
import { ALERT_PROVIDER, SECRET } from '../../ports/kinds.ts';
import type { Problem } from '../../ports/workload.ts';
import { createAlerts } from './alert-problems.ts';
import { createOutgoing } from './outgoing.ts';

/** Stands in every place that is secret; no sentence may hold it. */
const PLANTED = 'kxZ9Qw8Lm4TtPpYy7Rr2';
const WHERE = 'spec.analysis.alerts[0].providerRef';

describe('what keeps an alert from being sent', () => {
  test.each<[string, object, Record<string, string> | undefined, Problem]>([
    [
      'no Secret',
      { secretRef: { name: 'chat' } },
      undefined,
      {
        reason: 'SecretMissing',
        message: `${WHERE}: AlertProvider shop/on-call names Secret shop/chat, which does not exist`,
      },
    ],
    [
      'no key',
      { secretRef: { name: 'chat' } },
      { adress: PLANTED },
      {
        reason: 'SecretKeyMissing',
        message: `${WHERE}: AlertProvider shop/on-call has no address: Secret shop/chat lacks the key 'address'`,
      },
    ],
    [
      'no URL in the Secret',
      { secretRef: { name: 'chat' } },
      { address: PLANTED },
      {
        reason: 'AddressInvalid',
        message: `${WHERE}: AlertProvider shop/on-call cannot be called: the address is not a URL that starts with http:// or https://; correct it in Secret shop/chat`,
      },
    ],
    [
      'an address that may not be called',
      { address: `http://169.254.169.254/${PLANTED}` },
      undefined,
      {
        reason: 'AddressInvalid',
        message: expect.stringMatching(/link-local one.*; correct its spec$/) as string,
      },
    ],
    [
      'a proxy that is no URL',
      { secretRef: { name: 'chat' } },
      { address: 'https://chat.example.com', proxy: PLANTED },
      {
        reason: 'AddressInvalid',
        message: expect.stringContaining('the address of the proxy is not a URL') as string,
      },
    ],
    [
      'a type that is none',
      { type: 'pager', address: 'https://chat.example.com' },
      undefined,
      {
        reason: 'ProviderInvalid',
        message: expect.stringContaining("spec.type: found 'pager', allowed is") as string,
      },
    ],
  ])('%s', async (_, spec, secret, problem) => {
    const bench = new Bench();
    bench.provide(spec);
    if (secret !== undefined) bench.keep(secret);
    expect(await bench.look()).toEqual([problem]);
  });

  test('no AlertProvider', async () => {
    expect(await new Bench().look()).toEqual([
      { reason: 'ProviderMissing', message: `${WHERE}: AlertProvider shop/on-call does not exist` },
    ]);
  });

  test('one of another namespace, where that is forbidden', async () => {
    const bench = new Bench();
    bench.provide({ type: 'webhook', address: 'https://chat.example.com' }, 'ops');
    expect(await bench.look({ namespace: 'ops' })).toEqual([
      {
        reason: 'ProviderForbidden',
        message: `${WHERE}.namespace: found 'ops', allowed is 'shop', since this Linnet runs with --no-cross-namespace-refs`,
      },
    ]);
  });
});

describe('a look', () => {
  test('asks for a Secret once, whoever names it, until it changes', async () => {
    const bench = new Bench();
    bench.provide({ secretRef: { name: 'chat' } });
    bench.keep({ adress: PLANTED });
    await Promise.all([bench.look(), bench.look()]);
    await bench.look();
    expect(bench.cluster.requests).toEqual([{ verb: 'get', kind: 'Secret', name: 'chat' }]);

    bench.keep({ address: 'https://chat.example.com' });
    expect(await bench.look()).toEqual([]);
    expect(await bench.look()).toEqual([]);
    expect(bench.cluster.requests).toHaveLength(2);
  });

  test('asks for nothing where there is no Secret', async () => {
    const bench = new Bench();
    await bench.look();
    bench.provide({ secretRef: { name: 'chat' } });
    await bench.look();
    bench.provide({ address: 'https://chat.example.com' });
    expect(await bench.look()).toEqual([]);
    expect(bench.cluster.requests).toEqual([]);
  });

  test('says nothing while the API server does not answer, and looks again later', async () => {
    const bench = new Bench();
    bench.provide({ secretRef: { name: 'chat' } });
    bench.keep({ adress: PLANTED });
    bench.cluster.failOnce({ kind: 'Secret' }, 503, 'ServiceUnavailable');
    expect(await bench.look()).toBeUndefined();
    expect(await bench.look()).toBeUndefined();
    bench.now += 30_000;
    expect(await bench.look()).toMatchObject([{ reason: 'SecretKeyMissing' }]);
  });

  test('says so when Linnet may not read the Secret, until it may', async () => {
    const bench = new Bench();
    bench.provide({ secretRef: { name: 'chat' } });
    bench.keep({ address: 'https://chat.example.com' });
    bench.cluster.failOnce({ kind: 'Secret' }, 403, 'Forbidden');
    expect(await bench.look()).toMatchObject([{ reason: 'SecretUnreadable' }]);
    bench.now += 30_000;
    expect(await bench.look()).toEqual([]);
  });
});

/** A namespace with one AlertProvider and its Secret, and a Canary that names the provider. */
class Bench {
  readonly cluster = new FakeCluster();
  now = 0;
  readonly #alerts = createAlerts({
    outgoing: createOutgoing(reachWithLoopback()),
    api: this.cluster,
    store: { get: (kind, namespace = '', name) => this.cluster.find(kind, namespace, name) },
    clock: { now: () => this.now },
    crossNamespaceRefs: false,
  });

  provide(spec: object, namespace = 'shop'): void {
    this.cluster.put({
      apiVersion: 'linnet.dev/v1beta1',
      kind: ALERT_PROVIDER.kind,
      metadata: { name: 'on-call', namespace },
      spec: { type: 'webhook', ...spec },
    });
  }

  keep(data: Record<string, string>): void {
    const encoded = Object.entries(data).map(([key, value]) => [key, btoa(value)]);
    const metadata = { name: 'chat', namespace: 'shop' };
    const secret = { apiVersion: 'v1', kind: SECRET.kind, metadata };
    this.cluster.put({ ...secret, data: Object.fromEntries(encoded) as object });
  }

  async look(elsewhere: { namespace?: string } = {}): Promise<readonly Problem[] | undefined> {
    const alerts = [{ name: 'page', providerRef: { name: 'on-call', ...elsewhere } }];
    const found = await this.#alerts.problems(aCanary({ analysis: { alerts } }));
    if (JSON.stringify(found ?? []).includes(PLANTED)) throw new Error('a secret is shown');
    return found;
  }
}
