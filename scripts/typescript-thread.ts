import { Worker } from 'node:worker_threads';

/** A thread that runs a module: it does not inherit the loader that reads TypeScript. */
export function startThread(module: URL, workerData?: unknown): Worker {
  const boot = `
    import('tsx/esm/api').then(({ register }) => {
      register();
      return import(${JSON.stringify(module.href)});
    });
  `;
  return new Worker(boot, { eval: true, workerData });
}
