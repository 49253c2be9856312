import { existsSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { findProgram } from '../../src/sandbox/programs.ts';
import { startPrometheus } from '../../src/sandbox/prometheus.ts';
import { startRedis } from '../../src/processes/redis.ts';

let exporter: http.Server;
let target: string;

beforeAll(async () => {
  exporter = http.createServer((_request, response) => response.end('answer_total 42\n'));
  await new Promise<void>((resolve) => exporter.listen(0, '127.0.0.1', resolve));
  target = `127.0.0.1:${(exporter.address() as AddressInfo).port}`;
});

afterAll(() => new Promise((resolve) => exporter.close(resolve)));

test('Prometheus scrapes what it is told, and forgets it when it ends', async () => {
  const prometheus = await startPrometheus({
    program: await findProgram('prometheus'),
    jobs: { mesh: [target] },
    scrapeIntervalMs: 200,
  });
  const query = `${prometheus.url}/api/v1/query?query=answer_total`;
  await vi.waitFor(async () => {
    const answer = (await (await fetch(query)).json()) as PrometheusAnswer;
    expect(answer.data.result[0]?.value[1]).toBe('42');
    expect(answer.data.result[0]?.metric['job']).toBe('mesh');
  }, 10_000);
  await prometheus.stop();
  await expect(fetch(query)).rejects.toThrow('fetch failed');
});

interface PrometheusAnswer {
  data: { result: { metric: Record<string, string>; value: [number, string] }[] };
}

test('Redis answers on its socket, and takes it along', async () => {
  const redis = await startRedis(await findProgram('redis-server'));
  const client = new Redis({ path: redis.socket, lazyConnect: true });
  expect(await client.ping()).toBe('PONG');
  client.disconnect();
  await redis.stop();
  expect(existsSync(path.dirname(redis.socket))).toBe(false);
});
