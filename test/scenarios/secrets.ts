import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { redisAtPort } from '../builders/redis-at-port.ts';
import { runLinnet } from '../controller/linnet-process.ts';
import { leaksIn, leaksInCluster, plant } from '../controller/planted.ts';
import { BLUE_GREEN } from '../manifests/app.ts';
import { startEcho, type Echo } from './echo.ts';
import { playWith, SCENARIO } from './fleet.ts';
import { alertProviders, gates, hook, metricTemplates } from './secret-holders.ts';
import type { Stage } from './stage.ts';

/** Secrets wherever one can stand, and everything fails that can: nobody is ever shown one. */
export function describeSecrets(prepare: () => Promise<Stage>): void {
  let stage: Stage;
  let echo: Echo;
  beforeAll(async () => {
    [stage, echo] = await Promise.all([prepare(), startEcho()]);
  });
  afterAll(async () => {
    await stage.close();
    await echo.close();
  });

  describe('no secret is shown', SCENARIO, () => {
    test('by a controller whose receivers, gates and metrics refuse and repeat it', async (context) => {
      const redis = await redisWithPassword(context);
      const slack = `${echo.url}/services/T0/B0/${plant()}`;
      const namespace = await stage.newNamespace('secrets');
      const linnet = await stage.startLinnet({
        namespace,
        flags: { 'log-level': 'trace', 'redis-url': redis.url },
        env: { LINNET_SLACK_URL: slack, LINNET_REDIS_PASSWORD: redis.password },
      });
      const play = playWith(stage, linnet, namespace, context);
      const providers = alertProviders(echo);
      const templates = metricTemplates(echo);
      await play.apply(...providers.flatMap(({ objects }) => objects));
      await play.apply(...templates.flatMap(({ objects }) => objects));

      const alerts = providers.map(({ name }) => ({
        name,
        severity: 'info',
        providerRef: { name },
      }));
      const metrics = templates.map(({ name }) => ({
        name,
        interval: '5s',
        thresholdRange: { max: 1 },
        templateRef: { name },
      }));
      await play.adopt('told', {
        alerts,
        metrics,
        webhooks: [hook('event', 'event', `${echo.url}/${plant()}`)],
      });
      await play.adopt('gated', { ...BLUE_GREEN, webhooks: gates(echo) });
      const address = `${echo.url.replace('://', `://ann:${plant()}@`)}/prometheus`;
      await play.adopt('served', {}, { metricsServer: address });
      for (const name of ['told', 'gated', 'served']) await play.release(name, { image: 'shop:2' });

      await play.until('told', ({ checks = [] }) =>
        metrics.every(({ name }) =>
          checks.some((one) => one.name === name && isRefused(one.message)),
        ),
      );
      await play.until('served', ({ hold }) => hold?.code === 'evidence');
      for (const { type, name } of gates(echo)) {
        await linnet.logged(new RegExp(`webhook ${name} \\(${type}\\) (failed|does not say yes)`));
      }
      for (const { name, says } of providers) {
        await linnet.logged(new RegExp(`AlertProvider ${namespace}/${name}: ${says}`));
      }
      await linnet.logged(/webhook 'event': answered 500/);
      await linnet.logged(/Slack \(the controller’s own\): answered 500/);
      await play.until('gated', ({ phase }) => phase === 'Waiting');

      // What they were sent held secrets indeed: the search would have something to find.
      expect(leaksIn(echo.heard())).not.toEqual([]);
      expect(leaksIn(JSON.stringify(await play.get(CANARY, 'gated')))).not.toEqual([]);
      expect(leaksIn(linnet.logs().join('\n'))).toEqual([]);
      expect(await leaksInCluster(stage.api)).toEqual([]);
      const stored = await redis.everything();
      expect(stored).toContain('answered 500');
      expect(leaksIn(stored)).toEqual([]);
      expect(await linnet.stop()).toBe(0);
    });

    test('by a controller that Redis refuses, and rollouts go on', async (context) => {
      const redis = await redisWithPassword(context);
      const namespace = await stage.newNamespace('refused');
      const wrong = redis.url.replace('://', `://linnet:${plant()}@`);
      const env = { LINNET_REDIS_URL: wrong };
      const linnet = await stage.startLinnet({ namespace, flags: { 'log-level': 'trace' }, env });
      const play = playWith(stage, linnet, namespace, context);
      await play.adopt('web', BLUE_GREEN);
      await play.release('web', { image: 'shop:2' });
      expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded' });
      expect(await linnet.stop()).toBe(0);
    });

    test('by a controller and a command whose Prometheus refuses and repeats it', async (context) => {
      const namespace = await stage.newNamespace('asked');
      const tokenFile = fileWith(plant(), context);
      const server = { prometheus: `${echo.url}/prometheus`, 'prometheus-token-file': tokenFile };
      const flags = { 'log-level': 'trace', ...server };
      const linnet = await stage.startLinnet({ namespace, flags });
      const play = playWith(stage, linnet, namespace, context);
      await play.adopt('web');
      await play.release('web', { image: 'shop:2' });
      await play.until('web', ({ hold }) => hold?.code === 'evidence');
      const given = Object.entries({ kubeconfig: stage.kubeconfig, namespace, ...server });
      const explained = await runLinnet([
        'explain',
        'web',
        ...given.map(([name, value]) => `--${name}=${value}`),
      ]);
      expect(explained).toMatchObject({
        code: 1,
        output: expect.stringContaining('***') as string,
      });
      expect(leaksIn(explained.output)).toEqual([]);
      expect(leaksIn(linnet.logs().join('\n'))).toEqual([]);
      expect(await leaksInCluster(stage.api)).toEqual([]);
      expect(await linnet.stop()).toBe(0);
    });

    test.for([
      { wrong: 'a Prometheus that is no URL', flags: { prometheus: `htp://me:${plant()}@host` } },
      { wrong: 'a Redis that is no URL', flags: { 'redis-url': `redis:/me:${plant()}@host` } },
      {
        wrong: 'a Redis whose password is no code',
        flags: { 'redis-url': `redis://:${plant()}%zz@h` },
      },
      { wrong: 'a kubeconfig that is no YAML', kubeconfig: `users: [{token: ${plant()}, {` },
      {
        wrong: 'a kubeconfig without a cluster',
        kubeconfig: `users: [{name: u, user: {token: ${plant()}}}]`,
      },
      { wrong: 'an API server behind a wrong certificate', server: () => echo.secureUrl },
      { wrong: 'an API server that refuses the token', server: () => echo.url },
    ])('by one that cannot start: $wrong', async ({ flags, kubeconfig, server }, context) => {
      const file = fileWith(kubeconfig ?? (server ? kubeconfigFor(server()) : ''), context);
      const used = kubeconfig === undefined && server === undefined ? stage.kubeconfig : file;
      const given = Object.entries({ port: '0', kubeconfig: used, ...flags });
      const args = given.map(([name, value]) => `--${name}=${value}`);
      const { code, output } = await runLinnet(['run', ...args], { LINNET_LOG_LEVEL: 'debug' });
      expect(code).toBe(1);
      expect(output.trim()).not.toBe('');
      expect(leaksIn(output)).toEqual([]);
    });
  });
}

const CANARY = { group: 'linnet.dev', version: 'v1beta1', resource: 'canaries', kind: 'Canary' };

function isRefused(message = ''): boolean {
  return /refused the (query|credentials)( with 400)?: .*\*\*\*/.test(message);
}

/** Of a test; gone when it is over. */
function fileWith(text: string, { onTestFinished }: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'linnet-secrets-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'held');
  writeFileSync(file, text);
  return file;
}

function kubeconfigFor(server: string): string {
  return JSON.stringify({
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: { token: plant() } }],
  });
}

/** A Redis that asks for a password, and shows all that it holds. */
async function redisWithPassword({ onTestFinished }: TestContext) {
  const redis = await redisAtPort();
  onTestFinished(() => redis.stop());
  const client = new Redis(redis.url);
  onTestFinished(() => client.disconnect());
  const password = plant();
  await client.config('SET', 'requirepass', password);
  await client.auth(password);
  return {
    url: redis.url,
    password,
    async everything() {
      const keys = await client.keys('*');
      const values = await Promise.all(keys.map((key) => valueOf(client, key)));
      return JSON.stringify(keys.map((key, i) => [key, values[i]]));
    },
  };
}

async function valueOf(client: Redis, key: string): Promise<unknown> {
  switch (await client.type(key)) {
    case 'hash':
      return client.hgetall(key);
    case 'list':
      return client.lrange(key, 0, -1);
    case 'zset':
      return client.zrange(key, '0', '-1');
    case 'set':
      return client.smembers(key);
    case 'stream':
      return client.xrange(key, '-', '+');
    default:
      return client.get(key);
  }
}
