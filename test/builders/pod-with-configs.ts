import { CONFIG_MAP, SECRET } from '../../src/ports/kinds.ts';
import { aCanary } from './canary.ts';
import { cluster, workload } from './deployment-bench.ts';
import { aConfigMap, aDeployment, anIntent, aSecret } from './workload-objects.ts';

/** A pod that reads configs in every way there is. */
export const POD = {
  volumes: [
    { name: 'a', configMap: { name: 'settings' } },
    { name: 'b', secret: { secretName: 'tls' } },
    {
      name: 'c',
      projected: {
        sources: [
          { configMap: { name: 'flags' } },
          { secret: { name: 'token' } },
          { downwardAPI: {} },
        ],
      },
    },
    { name: 'd', emptyDir: {} },
  ],
  imagePullSecrets: [{ name: 'registry' }],
  initContainers: [{ name: 'init', envFrom: [{ configMapRef: { name: 'init-env' } }] }],
  containers: [
    {
      name: 'app',
      image: 'shop/checkout:1',
      envFrom: [
        { secretRef: { name: 'env', optional: true } },
        { configMapRef: { name: 'settings' } },
      ],
      env: [
        { name: 'X', valueFrom: { configMapKeyRef: { name: 'one', key: 'x' } } },
        { name: 'Y', valueFrom: { secretKeyRef: { name: 'two', key: 'y', optional: true } } },
        { name: 'Z', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      ],
    },
  ],
};

export const REFS = [
  ['configmap', 'settings', false],
  ['secret', 'tls', false],
  ['configmap', 'flags', false],
  ['secret', 'token', false],
  ['configmap', 'init-env', false],
  ['secret', 'env', true],
  ['configmap', 'one', false],
  ['secret', 'two', true],
] as const;

/** The target, and all that its pods read. */
export function seed(): void {
  cluster.put(aDeployment({}, POD));
  for (const [kind, name] of REFS) {
    cluster.put(
      kind === 'secret' ? aSecret(name, { key: 'dGVzdA==' }) : aConfigMap(name, { key: name }),
    );
  }
}

export function observe(canary = aCanary()) {
  return workload.observe(canary, anIntent(), cluster.reader([CONFIG_MAP, SECRET]));
}

/** Checksums, as they are observed. */
export async function configs(): Promise<Readonly<Record<string, string>>> {
  return (await observe()).target?.configs ?? {};
}
