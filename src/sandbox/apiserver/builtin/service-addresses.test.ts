import { describe, expect, test } from 'vitest';

import { freshCluster, refusalOf, SERVICES } from '../../../../test/builders/api-cluster.ts';
import type { JsonObject, KubeObject } from '../cluster-state.ts';

const cluster = freshCluster();

describe('services', () => {
  const service = (name: string, spec: JsonObject): KubeObject =>
    cluster.state.create(SERVICES, { metadata: { name, namespace: 'default' }, spec });

  test('get an address each, and keep it', () => {
    const [a, b] = ['a', 'b'].map((name) => service(name, { ports: [{ port: 80 }] }));
    expect(a?.spec?.['clusterIP']).toMatch(/^10\.96\./);
    expect(a?.spec?.['clusterIP']).not.toBe(b?.spec?.['clusterIP']);
    const { clusterIP: _ip, clusterIPs: _ips, ...spec } = a?.spec ?? {};
    const updated = cluster.state.replace(SERVICES, { ...(a as KubeObject), spec });
    expect(updated.spec?.['clusterIP']).toBe(a?.spec?.['clusterIP']);
    const moved = { ...(a as KubeObject), spec: { ...spec, clusterIP: '10.96.9.9' } };
    expect(refusalOf(() => cluster.state.replace(SERVICES, moved)).message).toContain(
      'may not change once set',
    );
  });

  test('of the headless kind get none', () => {
    const spec = { clusterIP: 'None', selector: { a: 'b' }, ports: [{ port: 80 }] };
    expect(service('headless', spec).spec?.['clusterIP']).toBe('None');
  });

  test('get what others have given up, however long ago they were made', () => {
    const ports = [{ port: 80 }];
    const holds = ({ spec }: KubeObject) => [
      spec?.['clusterIP'],
      (spec?.['ports'] as JsonObject[] | undefined)?.[0]?.['nodePort'],
    ];
    const [a, b] = ['a', 'b'].map((name) => service(name, { type: 'NodePort', ports }));
    cluster.state.delete(SERVICES, 'default', 'a');
    const c = service('c', { type: 'NodePort', ports });
    expect(holds(c)).toEqual(holds(a!));
    cluster.storage.compact();
    const d = service('d', { type: 'NodePort', ports });
    expect(new Set([b!, c, d].flatMap(holds)).size).toBe(6);
  });

  test('cannot take an address that is in use', () => {
    const taken = service('a', { ports: [{ port: 80 }] }).spec?.['clusterIP'] ?? '';
    const run = (): KubeObject => service('b', { clusterIP: taken, ports: [{ port: 80 }] });
    expect(refusalOf(run).message).toContain('provided IP is already allocated');
  });
});
