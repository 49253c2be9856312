import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        // Pure logic and in-process seams: beside the code, milliseconds each.
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'test/architecture/**/*.test.ts',
            'test/chaos/**/*.test.ts',
          ],
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
          // Patience for a busy machine; none of them waits.
          testTimeout: 30_000,
        },
      },
      {
        // Real Redis, real Prometheus, the sandbox's API server over HTTP.
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          // They wait for servers most of the time: two of them to a core.
          maxWorkers: 2 * availableParallelism(),
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        // The real code in a small world, in every order in which things can happen.
        test: {
          name: 'model',
          include: ['test/model/**/*.test.ts'],
          sequence: { groupOrder: 4 },
          testTimeout: 300_000,
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
          sequence: { groupOrder: 2 },
        },
      },
      {
        // Real istiod and Envoys, pods that are processes: through `npm run test:mesh` only.
        test: {
          name: 'mesh',
          include: ['test/mesh/**/*.test.ts'],
          globalSetup: ['test/mesh/global-setup.ts'],
          testTimeout: 240_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          maxConcurrency: 20,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
