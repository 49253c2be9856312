import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { API_VERSION } from '../../src/api/group.ts';
import { redisAtPort } from '../builders/redis-at-port.ts';
import { runLinnet } from '../controller/linnet-process.ts';
import { leaksIn, leaksInCluster, plant } from '../controller/planted.ts';
import { BLUE_GREEN } from '../manifests/app.ts';
import { startEcho, type Echo } from './echo.ts';
import { playWith, SCENARIO } from './fleet.ts';
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
    ])(
      'by one that cannot start: $wrong',
      async ({ flags, kubeconfig, server }, { onTestFinished }) => {
        const folder = mkdtempSync(path.join(tmpdir(), 'linnet-secrets-'));
        onTestFinished(() => rmSync(folder, { recursive: true }));
        const file = path.join(folder, 'config');
        if (kubeconfig !== undefined) writeFileSync(file, kubeconfig);
        if (server !== undefined) writeFileSync(file, kubeconfigFor(server()));
        const used = kubeconfig === undefined && server === undefined ? stage.kubeconfig : file;
        const given = Object.entries({ port: '0', kubeconfig: used, ...flags });
        const args = given.map(([name, value]) => `--${name}=${value}`);
        const { code, output } = await runLinnet(['run', ...args], { LINNET_LOG_LEVEL: 'debug' });
        expect(code).toBe(1);
        expect(output.trim()).not.toBe('');
        expect(leaksIn(output)).toEqual([]);
      },
    );
  });
}

const CANARY = { group: 'linnet.dev', version: 'v1beta1', resource: 'canaries', kind: 'Canary' };

function isRefused(message = ''): boolean {
  return /refused the query: .*\*\*\*/.test(message);
}

interface Named {
  readonly name: string;
  readonly objects: readonly object[];
}

function alertProviders({ url, secureUrl }: Echo): (Named & { says: string })[] {
  const closed = `http://127.0.0.1:1/${plant()}`;
  const cases: Record<
    string,
    { type: string; says: string; data: Record<string, string>; spec?: object }
  > = {
    slack: { type: 'slack', says: 'answered 500', data: { address: `${url}/services/${plant()}` } },
    bot: {
      type: 'slack',
      says: 'answered 500',
      data: { address: `${url}/api/chat`, token: `xoxb-${plant()}` },
      spec: { channel: 'releases' },
    },
    teams: { type: 'msteams', says: 'answered 500', data: { address: `${url}/t?sig=${plant()}` } },
    discord: {
      type: 'discord',
      says: 'answered 500',
      data: { address: `${url}/api/webhooks/1/${plant()}` },
    },
    headers: {
      type: 'webhook',
      says: 'answered 500',
      data: { address: `${url}/in`, headers: `X-Key: ${plant()}\nAuthorization: Basic ${plant()}` },
    },
    tls: { type: 'gchat', says: 'the certificate', data: { address: `${secureUrl}/${plant()}` } },
    closed: { type: 'rocket', says: 'nobody listens', data: { address: closed } },
    proxied: {
      type: 'webhook',
      says: 'nobody listens',
      data: { address: `${url}/${plant()}`, proxy: closed.replace('://', `://me:${plant()}@`) },
    },
    odd: { type: 'slack', says: 'the address is not a URL', data: { address: plant() } },
    broken: {
      type: 'webhook',
      says: 'cannot use the key',
      data: { address: url, headers: plant() },
    },
  };
  return Object.entries(cases).map(([name, { type, says, data, spec }]) => ({
    name,
    says,
    objects: [
      secret(name, data),
      {
        apiVersion: API_VERSION,
        kind: 'AlertProvider',
        metadata: { name },
        spec: { type, secretRef: { name }, ...spec },
      },
    ],
  }));
}

function metricTemplates({ url }: Echo): Named[] {
  const address = `${url}/prometheus`;
  const cases: Record<string, { provider: object; data?: Record<string, string> }> = {
    basic: { provider: { address }, data: { username: 'ann', password: plant() } },
    bearer: { provider: { address }, data: { token: plant() } },
    header: { provider: { address, headers: { 'X-Key': [plant()] } } },
    user: { provider: { address: address.replace('://', `://ann:${plant()}@`) } },
    path: { provider: { address: `${address}/${plant()}` } },
  };
  return Object.entries(cases).map(([name, { provider, data }]) => {
    const secretRef = data === undefined ? {} : { secretRef: { name: `metric-${name}` } };
    const spec = { provider: { type: 'prometheus', ...provider, ...secretRef }, query: 'up' };
    return {
      name,
      objects: [
        ...(data === undefined ? [] : [secret(`metric-${name}`, data)]),
        { apiVersion: API_VERSION, kind: 'MetricTemplate', metadata: { name }, spec },
      ],
    };
  });
}

function gates({ url, secureUrl }: Echo) {
  const withUser = url.replace('://', `://ann:${plant()}@`);
  return [
    hook('echo', 'confirm-rollout', `${withUser}/approve/${plant()}?token=${plant()}`),
    hook('tls', 'confirm-rollout', `${secureUrl}/${plant()}`),
    hook('lenient', 'confirm-rollout', `${secureUrl}/${plant()}`, { disableTLS: true }),
    hook('closed', 'confirm-rollout', `http://127.0.0.1:1/${plant()}`),
    hook('nowhere', 'confirm-rollout', `http://${plant()}.invalid/${plant()}`),
    hook('metadata', 'confirm-rollout', `${url}/metadata`, { metadata: { token: plant() } }),
  ];
}

function hook(name: string, type: string, url: string, more: object = {}) {
  return { name, type, url, timeout: '5s', ...more };
}

function secret(name: string, stringData: Record<string, string>) {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData };
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
