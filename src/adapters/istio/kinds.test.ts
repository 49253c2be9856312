import { describe, expect, it } from 'vitest';
import { FakeCluster } from '../../../test/builders/fake-cluster.ts';
import { servedIstio } from './kinds.ts';

function clusterServing(...versions: [name: string, served: boolean][]): FakeCluster {
  const cluster = new FakeCluster();
  cluster.put({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'virtualservices.networking.istio.io' },
    spec: { versions: versions.map(([name, served]) => ({ name, served })) },
  });
  return cluster;
}

describe('servedIstio', () => {
  it.each<[string, [string, boolean][], string | undefined]>([
    [
      'the newest',
      [
        ['v1alpha3', true],
        ['v1beta1', true],
        ['v1', true],
      ],
      'v1',
    ],
    [
      'what an older Istio has',
      [
        ['v1alpha3', true],
        ['v1beta1', true],
      ],
      'v1beta1',
    ],
    ['the oldest', [['v1alpha3', true]], 'v1alpha3'],
    [
      'none that is not served',
      [
        ['v1', false],
        ['v1alpha3', true],
      ],
      'v1alpha3',
    ],
    ['nothing that it does not know', [['v2', true]], undefined],
  ])('takes %s', async (_, versions, version) => {
    const kinds = await servedIstio(clusterServing(...versions));
    expect(kinds?.virtualServices.version).toBe(version);
    expect(kinds?.destinationRules.version).toBe(version);
  });

  it('finds none where Istio is not installed', async () => {
    expect(await servedIstio(new FakeCluster())).toBeUndefined();
  });
});
