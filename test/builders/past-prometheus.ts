import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '../../src/sandbox/programs.ts';
import { type PrometheusServer, startPrometheus } from '../../src/sandbox/prometheus.ts';
import { holdScratchFolder } from '../../src/sandbox/scratch-folder.ts';
import type { Sampled } from './recorded-rollouts.ts';

/** A real Prometheus full of a past, in which a test can live: it answers as of the time that `now` is. */
export interface PastPrometheus {
  readonly url: string;
  /** Milliseconds since 1970. */
  now: number;
  close(): Promise<void>;
}

export async function pastPrometheus(samples: Iterable<Sampled>): Promise<PastPrometheus> {
  const program = await findProgram('prometheus');
  const folder = await holdScratchFolder('past');
  const text = path.join(folder.path, 'samples.txt');
  const data = path.join(folder.path, 'data');
  await write(text, samples);
  const beside = path.join(path.dirname(program.path), 'promtool');
  await promisify(execFile)(
    existsSync(beside) ? beside : 'promtool',
    ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', text, data],
    { env: { ...process.env, ...program.env } },
  );
  const prometheus = await startPrometheus({ program, jobs: {}, data });
  return doorInTime(prometheus, async () => {
    await prometheus.stop();
    await folder.stop();
  });
}

async function write(file: string, samples: Iterable<Sampled>): Promise<void> {
  const out = createWriteStream(file);
  for (const { name, labels, values } of samples) {
    const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    const series = `${name}{${pairs.join(',')}}`;
    const lines = values.map(([at, value]) => `${series} ${value} ${at / 1000}\n`);
    if (!out.write(lines.join(''))) await once(out, 'drain');
  }
  out.end('# EOF\n');
  await once(out, 'finish');
}

/** Whoever asks through it hears what it would have heard then, and takes then for now. */
async function doorInTime(
  { url }: PrometheusServer,
  andThen: () => Promise<void>,
): Promise<PastPrometheus> {
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer((request, response) => {
    const { method, headers, url: asked = '' } = request;
    const isInstant = asked.startsWith('/api/v1/query?') || asked === '/api/v1/query';
    const time = `${asked.includes('?') ? '&' : '?'}time=${door.now / 1000}`;
    const to = url + asked + (isInstant ? time : '');
    const onward = http.request(to, { method, headers, agent }, (answer) => {
      const date = new Date(door.now).toUTCString();
      response.writeHead(answer.statusCode ?? 500, { ...answer.headers, date });
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const door = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    now: 0,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      agent.destroy();
      await andThen();
    },
  };
  return door;
}
