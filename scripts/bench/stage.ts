import { findProgram } from '../../src/sandbox/programs.ts';
import { startPrometheus } from '../../src/sandbox/prometheus.ts';
import { openServer, type FurnishedServer } from '../../test/builders/furnished-server.ts';
import { startController, type MeasuredController } from './controller.ts';
import { startCountingProxy, type CountingProxy } from './counting-proxy.ts';
import { BenchFleet, type Place } from './fleet.ts';
import { startMeshExporter, type PlayedMesh } from './mesh-exporter.ts';
import type { BenchOptions } from './options.ts';
import { PlayedTraffic } from './played-traffic.ts';
import { BenchRoutes } from './routes.ts';
import { startPrometheusStandIn } from './prometheus-stand-in.ts';

/** Everything that takes part in a measurement. */
export interface BenchStage {
  readonly server: FurnishedServer;
  readonly mesh: PlayedMesh;
  readonly traffic: PlayedTraffic;
  readonly proxy: CountingProxy;
  readonly fleet: BenchFleet;
  readonly routes: BenchRoutes;
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
  const kept: Keep = (part, end) => {
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
    const traffic = new PlayedTraffic();
    const routes = new BenchRoutes(server.api, traffic);
    kept(routes, () => routes.stop());
    const { mesh, url } = await playMesh(options, fleet.places, traffic, kept);
    const proxy = await startCountingProxy(url);
    kept(proxy, () => proxy.close());
    const controller = await startController(
      { kubeconfig: server.kubeconfig, prometheus: proxy.url, drain: '0s', ...options.flags },
      options,
    );
    kept(controller, () => controller.stop());
    return { server, mesh, traffic, proxy, fleet, routes, controller, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Keep = <T>(part: T, end: () => Promise<unknown> | void) => T;

/** A mesh and the Prometheus that observes it, or what stands in for both. */
async function playMesh(
  options: BenchOptions,
  places: readonly Place[],
  traffic: PlayedTraffic,
  kept: Keep,
): Promise<{ mesh: PlayedMesh; url: string }> {
  if (options.prometheus === 'stand-in') {
    const standIn = await startPrometheusStandIn(places, traffic);
    return { mesh: kept(standIn, () => standIn.close()), url: standIn.url };
  }
  const mesh = await startMeshExporter(places, traffic, options.scrapeMs);
  kept(mesh, () => mesh.close());
  const prometheus = await startPrometheus({
    program: await findProgram('prometheus'),
    jobs: { mesh: [mesh.address] },
    scrapeIntervalMs: options.scrapeMs,
  });
  kept(prometheus, () => prometheus.stop());
  return { mesh, url: prometheus.url };
}
