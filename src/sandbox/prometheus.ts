import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { holdProcess, type Ending } from '../processes/held-process.ts';
import type { Program } from '../processes/program.ts';

export interface PrometheusOptions {
  readonly program: Program;
  /** What to scrape under each job name: `host:port` each, at `/metrics`. */
  readonly jobs: Readonly<Record<string, readonly string[]>>;
  /** Default 1000. */
  readonly scrapeIntervalMs?: number;
  /** A folder with samples of the past, which stays; default one that goes when it ends. */
  readonly data?: string;
  /** Files of recording rules. */
  readonly rules?: readonly string[];
}

export interface PrometheusServer {
  readonly url: string;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<Ending>;
  stop(): Promise<void>;
}

/** A real Prometheus on a free port of this machine only, whose data goes when it ends. */
export async function startPrometheus(options: PrometheusOptions): Promise<PrometheusServer> {
  const held = await holdProcess({
    name: 'prometheus',
    program: options.program.path,
    env: options.program.env,
    args: (directory) => [
      `--config.file=${path.join(directory, CONFIG)}`,
      `--storage.tsdb.path=${options.data ?? path.join(directory, 'data')}`,
      '--storage.tsdb.retention.time=1d',
      '--web.listen-address=127.0.0.1:0',
    ],
    // It has nothing to save, and its own way of ending waits for clients that keep connections.
    graceSeconds: 0,
    prepare: (directory) => writeFileSync(path.join(directory, CONFIG), configuration(options)),
  });
  try {
    const [listening] = await Promise.all([
      held.wrote(/msg="Listening on".* address=(\S+:\d+)/, START_DEADLINE_MS),
      held.wrote(/Server is ready to receive web requests/, START_DEADLINE_MS),
    ]);
    return { url: `http://${listening[1]}`, ended: held.ended, stop: () => held.stop() };
  } catch (error) {
    await held.stop();
    throw error;
  }
}

const CONFIG = 'prometheus.yml';
const START_DEADLINE_MS = 30_000;

/** Exported for its test. */
export function configuration(options: Omit<PrometheusOptions, 'program'>): string {
  const every = `${options.scrapeIntervalMs ?? 1000}ms`;
  const jobs = Object.entries(options.jobs);
  return stringify({
    global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
    ...(options.rules === undefined ? {} : { rule_files: [...options.rules] }),
    scrape_configs: jobs.map(([name, targets]) => ({
      job_name: name,
      static_configs: [{ targets: [...targets] }],
    })),
  });
}
