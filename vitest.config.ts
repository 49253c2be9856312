import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        // Pure logic and in-process seams: beside the code, milliseconds each.
        test: { name: 'unit', include: ['src/**/*.test.ts', 'test/architecture/**/*.test.ts'] },
      },
      {
        // Real Redis, real Prometheus, the sandbox's API server over HTTP.
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Real etcd, kube-apiserver, kube-controller-manager and kubectl.
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          globalSetup: ['test/cluster/kube/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
