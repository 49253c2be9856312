import { describe, expect, it } from 'vitest';
import { POD, REFS } from '../../../test/builders/pod-with-configs.ts';
import { configRefs } from './config-refs.ts';

describe('configRefs', () => {
  it('finds every way in which a pod reads a config, once each', () => {
    const refs = configRefs({ spec: POD });
    expect(refs.map(({ kind, name, optional }) => [kind, name, optional])).toEqual(REFS);
  });

  it('takes a config for optional only when every mention is', () => {
    const volumes = [
      { configMap: { name: 'a', optional: true } },
      { configMap: { name: 'a' } },
      { configMap: { name: 'b', optional: true } },
    ];
    expect(configRefs({ spec: { volumes } })).toEqual([
      { kind: 'configmap', name: 'a', optional: false },
      { kind: 'configmap', name: 'b', optional: true },
    ]);
  });

  it.each([[{}], [{ spec: {} }], [{ spec: { volumes: 'x', containers: [null, 3] } }]])(
    'finds nothing in %j',
    (template) => {
      expect(configRefs(template)).toEqual([]);
    },
  );
});
