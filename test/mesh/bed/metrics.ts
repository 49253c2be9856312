import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { holdProcess, type HeldProcess } from '../../../src/processes/held-process.ts';
import type { Program } from '../../../src/processes/program.ts';
import { ISTIOD, ROOT_NAMESPACE } from './istiod.ts';

export interface MeshPrometheus {
  readonly url: string;
  stop(): Promise<void>;
}

const CONFIG = 'prometheus.yml';
const START_DEADLINE_MS = 30_000;

/** A proxy that calls, and the workload that it is the proxy of. */
export interface Caller {
  readonly adminPort: number;
  readonly workload: string;
}

/** A real Prometheus that scrapes the callers' proxies, and istiod. */
export async function startMeshPrometheus(
  program: Program,
  callers: readonly Caller[],
  everySeconds: number,
): Promise<MeshPrometheus> {
  const held: HeldProcess = await holdProcess({
    name: 'mesh-prometheus',
    program: program.path,
    env: program.env,
    args: (directory) => [
      `--config.file=${path.join(directory, CONFIG)}`,
      `--storage.tsdb.path=${path.join(directory, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
    ],
    graceSeconds: 0,
    prepare: (directory) =>
      writeFileSync(path.join(directory, CONFIG), stringify(configuration(callers, everySeconds))),
  });
  const [listening] = await Promise.all([
    held.wrote(/msg="Listening on".* address=(\S+:\d+)/, START_DEADLINE_MS),
    held.wrote(/Server is ready to receive web requests/, START_DEADLINE_MS),
  ]);
  return { url: `http://${listening[1]}`, stop: () => held.stop() };
}

function configuration(callers: readonly Caller[], everySeconds: number): object {
  const every = `${everySeconds}s`;
  return {
    global: { scrape_interval: every, scrape_timeout: '1s', evaluation_interval: every },
    scrape_configs: [
      {
        job_name: 'envoy-stats',
        metrics_path: '/stats/prometheus',
        // Like Istio's own metrics, a series begins with its first request.
        params: { usedonly: [''] },
        static_configs: callers.map(({ adminPort, workload }) => ({
          targets: [`127.0.0.1:${adminPort}`],
          labels: { source_workload: workload, source_workload_namespace: ROOT_NAMESPACE },
        })),
        metric_relabel_configs: AS_ISTIO_NAMES_THEM,
      },
      {
        job_name: 'istiod',
        static_configs: [{ targets: [`127.0.0.1:${ISTIOD.monitoring}`] }],
        metric_relabel_configs: [
          {
            source_labels: ['__name__'],
            regex: 'pilot_proxy_convergence_time.*|pilot_xds',
            action: 'keep',
          },
        ],
      },
    ],
  };
}

const SERVICE = String.raw`outbound\|\d+\|[^|]*\|([^.]+)\.([^.]+)\.svc\..*`;

/** Only names are made to fit: what is counted is what Envoy routed. */
const AS_ISTIO_NAMES_THEM = [
  {
    source_labels: ['__name__'],
    regex: 'envoy_cluster_upstream_rq(_time_(bucket|sum|count))?',
    action: 'keep',
  },
  { source_labels: ['cluster_name'], regex: SERVICE, action: 'keep' },
  named('destination_service_name', SERVICE, '$1'),
  named('destination_service_namespace', SERVICE, '$2'),
  named('destination_workload_namespace', SERVICE, '$2'),
  // `web` and `web-primary` lead to the pods of Deployment `web-primary`, `web-canary` to those of `web`;
  // a subset of a Service leads to `SERVICE-SUBSET`.
  named('destination_workload', SERVICE, '$1-primary'),
  named('destination_workload', String.raw`outbound\|\d+\|\|([^.]+-primary)\..*`, '$1'),
  named('destination_workload', String.raw`outbound\|\d+\|\|([^.]+)-canary\..*`, '$1'),
  named('destination_workload', String.raw`outbound\|\d+\|([^|]+)\|([^.]+)\..*`, '$2-$1'),
  { target_label: 'reporter', replacement: 'destination' },
  { target_label: 'request_protocol', replacement: 'http' },
  { source_labels: ['envoy_response_code'], target_label: 'response_code' },
  {
    source_labels: ['__name__'],
    regex: 'envoy_cluster_upstream_rq',
    target_label: '__name__',
    replacement: 'istio_requests_total',
  },
  {
    source_labels: ['__name__'],
    regex: 'envoy_cluster_upstream_rq_time_(.+)',
    target_label: '__name__',
    replacement: 'istio_request_duration_milliseconds_$1',
  },
  { regex: '(envoy_)?cluster_name|envoy_response_code', action: 'labeldrop' },
];

function named(label: string, regex: string, replacement: string): object {
  return { source_labels: ['cluster_name'], regex, target_label: label, replacement };
}
