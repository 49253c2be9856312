import { findProgram } from '../../src/sandbox/programs.ts';
import { startPrometheus } from '../../src/sandbox/prometheus.ts';
import { openServer, type BenchServer } from './api-server.ts';
import { startController, type MeasuredController } from './controller.ts';
import { startCountingProxy, type CountingProxy } from './counting-proxy.ts';
import { BenchFleet } from './fleet.ts';
import { startMeshExporter, type MeshExporter } from './mesh-exporter.ts';
import type { BenchOptions } from './options.ts';

/** Everything that takes part in a measurement. */
export interface BenchStage {
  readonly server: BenchServer;
  readonly exporter: MeshExporter;
  readonly proxy: CountingProxy;
  readonly fleet: BenchFleet;
  readonly controller: MeasuredController;
  /** Leaves no process and no file. */
  close(): Promise<void>;
}

/** Starts all of it; the workloads are there, and no Canary is. */
export async function openStage(
  options: BenchOptions,
  report: (line: string) => void,
): Promise<BenchStage> {
  const endings: (() => Promise<unknown> | void)[] = [];
  const close = async () => {
    for (const end of endings.splice(0).toReversed()) await end();
  };
  const kept = <T>(part: T, end: () => Promise<unknown> | void): T => {
    endings.push(end);
    return part;
  };
  try {
    const server = await openServer(options.server);
    kept(server, () => server.stop());
    report(`${server.name} is up; ${options.canaries} workloads start`);
    const fleet = new BenchFleet(server.api, options.canaries);
    kept(fleet, () => fleet.stop());
    await fleet.deploy();
    const exporter = await startMeshExporter(fleet.places);
    kept(exporter, () => exporter.close());
    const prometheus = await startPrometheus({
      program: await findProgram('prometheus'),
      jobs: { mesh: [exporter.address] },
      scrapeIntervalMs: options.scrapeMs,
    });
    kept(prometheus, () => prometheus.stop());
    const proxy = await startCountingProxy(prometheus.url);
    kept(proxy, () => proxy.close());
    const controller = await startController(
      { kubeconfig: server.kubeconfig, prometheus: proxy.url, drain: '0s', ...options.flags },
      options.profile,
    );
    kept(controller, () => controller.stop());
    return { server, exporter, proxy, fleet, controller, close };
  } catch (error) {
    await close();
    throw error;
  }
}
