import { describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { cluster, useDeployments, workload } from '../../../test/builders/deployment-bench.ts';
import { configs, observe, REFS, seed } from '../../../test/builders/pod-with-configs.ts';
import {
  aConfigMap,
  aDeployment,
  anIntent,
  aSecret,
} from '../../../test/builders/workload-objects.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import { CONFIG_MAP, SECRET } from '../../ports/kinds.ts';

useDeployments();

describe('checksums', () => {
  it('are read once, then only when the metadata shows a change', async () => {
    seed();
    const first = await configs();
    expect(Object.keys(first)).toEqual(REFS.map(([kind, name]) => `${kind}/${name}`));
    expect(cluster.requests.length).toBe(REFS.length);
    cluster.forget();
    expect(await configs()).toEqual(first);
    expect(cluster.requests).toEqual([]);

    cluster.edit(CONFIG_MAP, 'shop', 'flags', (o) => (o['data'] = { key: 'new' }));
    const second = await configs();
    expect(second['configmap/flags']).not.toBe(first['configmap/flags']);
    expect(cluster.requests).toEqual([{ verb: 'get', kind: 'ConfigMap', name: 'flags' }]);
  });

  it.each<[string, (o: KubeObject) => void, boolean]>([
    ['data', (o) => (o['data'] = { other: 'x' }), true],
    ['binaryData', (o) => (o['binaryData'] = { blob: 'AAA=' }), true],
    ['labels', (o) => (o.metadata.labels = { a: 'b' }), false],
    ['the order of keys', (o) => (o['data'] = { b: '2', a: '1' }), false],
  ])('go by content: %s', async (_, change, isNew) => {
    cluster.put(aDeployment({}, { volumes: [{ configMap: { name: 'settings' } }] }));
    cluster.put(aConfigMap('settings', { a: '1', b: '2' }));
    const before = (await observe()).target?.revision;
    cluster.edit(CONFIG_MAP, 'shop', 'settings', change);
    expect((await observe()).target?.revision === before).toBe(!isNew);
  });

  it.each(['flagger.app/config-tracking', 'linnet.dev/config-tracking'])(
    'are not taken where %s is disabled',
    async (annotation) => {
      seed();
      cluster.edit(
        SECRET,
        'shop',
        'tls',
        (o) => (o.metadata.annotations = { [annotation]: 'disabled' }),
      );
      expect(Object.keys(await configs())).not.toContain('secret/tls');
      expect(cluster.requests).not.toContainEqual({ verb: 'get', kind: 'Secret', name: 'tls' });
    },
  );

  it('leave out tokens that belong to a ServiceAccount, read once', async () => {
    seed();
    const type = 'kubernetes.io/service-account-token';
    cluster.edit(SECRET, 'shop', 'token', (o) => (o['type'] = type));
    expect(Object.keys(await configs())).not.toContain('secret/token');
    cluster.forget();
    expect(Object.keys(await configs())).not.toContain('secret/token');
    expect(cluster.requests).toEqual([]);
  });

  it('leave out what does not exist, confirmed once for each version of the target', async () => {
    seed();
    cluster.remove(SECRET, 'shop', 'two');
    await configs();
    cluster.forget();
    expect(Object.keys(await configs())).not.toContain('secret/two');
    expect(cluster.requests).toEqual([]);
    cluster.put(aSecret('two', { key: 'x' }));
    expect(Object.keys(await configs())).toContain('secret/two');
  });

  it('are live where the local store lags behind a config made with the target', async () => {
    seed();
    const lagging = cluster.reader([CONFIG_MAP, SECRET]);
    const reader = {
      ...lagging,
      get: (...[kind, namespace, name]: Parameters<typeof lagging.get>) =>
        name === 'two' ? Promise.resolve(undefined) : lagging.get(kind, namespace, name),
    };
    const seen = await workload.observe(aCanary(), anIntent(), reader);
    expect(Object.keys(seen.target?.configs ?? {})).toContain('secret/two');
  });

  it.each([
    [0, 'NoAnswer'],
    [403, 'Forbidden'],
    [503, 'ServiceUnavailable'],
  ])('are not guessed in bad weather: %i rejects', async (code, reason) => {
    seed();
    cluster.failOnce({ verb: 'get', name: 'two' }, code, reason);
    await expect(configs()).rejects.toMatchObject({ code });
    expect(Object.keys(await configs())).toContain('secret/two');
  });
});
