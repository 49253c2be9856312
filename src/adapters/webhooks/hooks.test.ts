import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { reachWithLoopback } from '../../../test/builders/reach.ts';
import { aCanary } from '../../../test/builders/canary.ts';
import {
  json,
  scriptedServer,
  type ScriptedServer,
  silence,
  text,
} from '../../../test/builders/scripted-server.ts';
import type { Canary } from '../../api/canary.ts';
import type { CanaryStatus } from '../../api/status.ts';
import type { HookType } from '../../api/webhooks.ts';
import type { HookAnswer, Hooks } from '../../ports/hooks.ts';
import { ProcessAttempts } from './attempts.ts';
import { createHooks, type HooksOptions } from './hooks.ts';
import { createOutgoing } from './outgoing.ts';

const STATUS: CanaryStatus = {
  phase: 'Progressing',
  planVersion: 1,
  canaryWeight: 20,
  failedChecks: 1,
  iterations: 0,
  conditions: [],
  fences: {},
  stageSince: '2026-03-01T12:00:00.000Z',
  lastAppliedSpec: '7c9d',
  lastPromotedSpec: '5b2a',
  trackedConfigs: { 'configmap/b': '2', 'configmap/a': '1' },
};
const START = Date.parse('2026-03-01T12:01:00.000Z');

let server: ScriptedServer;
let now: number;
let answered: HookAnswer[];
let tellAnswered: (answer: HookAnswer) => void;
const open: (Hooks & { close(): void })[] = [];
const outgoing = createOutgoing(reachWithLoopback());

beforeEach(async () => {
  server = await scriptedServer();
  now = START;
  answered = [];
  tellAnswered = () => {};
});

afterEach(async () => {
  for (const hooks of open.splice(0)) hooks.close();
  await server.close();
});

function hooksWith(options: Partial<HooksOptions> = {}): Hooks & { close(): void } {
  const hooks = createHooks({
    outgoing,
    clock: { now: () => now },
    onAnswered: (_key, answer) => {
      answered.push(answer);
      tellAnswered(answer);
    },
    ...options,
  });
  open.push(hooks);
  return hooks;
}

function nextAnswer(): Promise<HookAnswer> {
  return new Promise((resolve) => {
    tellAnswered = resolve;
  });
}

function withHook(type: HookType, more: Record<string, unknown> = {}): Canary {
  const webhook = { name: 'check', type, url: `${server.url}/x`, ...more };
  return aCanary({ analysis: { webhooks: [webhook] }, status: STATUS });
}

describe('a check', () => {
  test('answers at once, is called once for its attempt, and what it said stands', async () => {
    const hooks = hooksWith();
    const canary = withHook('pre-rollout', { metadata: { cmd: 'smoke', phase: 'mine' } });
    server.play(text(200, 'fine'));
    const coming = nextAnswer();
    const ask = () => hooks.ask(canary, 'pre-rollout', 'r1/pre');
    expect(await Promise.all([ask(), ask()])).toEqual(
      Array.from({ length: 2 }, () => [
        {
          name: 'check',
          type: 'pre-rollout',
          outcome: 'unanswered',
          message: 'webhook check (pre-rollout) has not answered yet',
        },
      ]),
    );
    expect(await coming).toMatchObject({ outcome: 'passed' });
    now += 3_600_000;
    expect(await ask()).toMatchObject([{ outcome: 'passed' }]);
    expect(server.received).toHaveLength(1);
    expect(server.received[0]?.body).toEqual({
      name: 'checkout',
      namespace: 'shop',
      phase: 'Progressing',
      checksum: expect.stringMatching(/^[0-9a-f]{10}$/) as string,
      buildId: '7c9d',
      type: 'pre-rollout',
      failedChecks: 1,
      canaryWeight: 20,
      iterations: 0,
      remainingTime: 540_000_000_000,
      metadata: {
        cmd: 'smoke',
        timestamp: String(START),
        phase: 'Progressing',
        failedChecks: '1',
        canaryWeight: '20',
        iterations: '0',
        lastBuildId: '7c9d',
        lastAppliedSpec: '7c9d',
        lastPromotedSpec: '5b2a',
      },
    });
  });

  test('is called again for a new attempt', async () => {
    const hooks = hooksWith();
    const canary = withHook('rollout');
    server.play(text(500, 'flaky'), text(200, ''));
    let coming = nextAnswer();
    await hooks.ask(canary, 'rollout', 'r1/1');
    expect(await coming).toEqual({
      name: 'check',
      type: 'rollout',
      outcome: 'refused',
      message: 'webhook check (rollout) failed: answered 500: flaky',
    });
    coming = nextAnswer();
    await hooks.ask(canary, 'rollout', 'r1/2');
    expect(await coming).toMatchObject({ outcome: 'passed' });
    expect(await hooks.ask(canary, 'rollout', 'r1/1')).toMatchObject([{ outcome: 'refused' }]);
  });

  test.each([
    [{ timeout: '100ms' }, silence, 'no answer within 0.1 s'],
    [{}, text(409, 'busy'), 'answered 409: busy'],
    [
      { metadata: { token: 'a1b2c3d4e5f6a7b8', kind: 'smoke' } },
      text(409, 'no a1b2c3d4e5f6a7b8 for smoke'),
      'answered 409: no *** for smoke',
    ],
    [
      {},
      json(302, {}, { location: '/' }),
      'answered 302, a redirect, which is not followed: name the address that it leads to',
    ],
  ])('that does not say yes failed: %o', async (more, reply, why) => {
    const hooks = hooksWith();
    server.play(reply);
    const coming = nextAnswer();
    await hooks.ask(withHook('rollout', more), 'rollout', 'r1/1');
    expect(await coming).toMatchObject({
      outcome: 'refused',
      message: `webhook check (rollout) failed: ${why}`,
    });
  });

  test('is repeated as often as `retries` says, but not when it was refused', async () => {
    const hooks = hooksWith();
    const again = json(503, {}, { 'retry-after': '0' });
    server.play(again, again, text(200, ''));
    let coming = nextAnswer();
    await hooks.ask(withHook('rollout', { retries: 2 }), 'rollout', 'r1/1');
    expect(await coming).toMatchObject({ outcome: 'passed' });
    expect(server.received).toHaveLength(3);

    server.play(text(403, 'no'));
    coming = nextAnswer();
    await hooks.ask(withHook('rollout', { retries: 2 }), 'rollout', 'r1/2');
    expect(await coming).toMatchObject({ outcome: 'refused' });
    expect(server.received).toHaveLength(1);
  });

  test('repeats no credential of its address', async () => {
    const hooks = hooksWith();
    const token = 'kxZ9Qw8Lm4TtPpYy7Rr2';
    server.play((response) => response.writeHead(404).end(`no /x?token=${token} here`));
    const coming = nextAnswer();
    await hooks.ask(withHook('rollout', { url: `${server.url}/x?token=${token}` }), 'rollout', 'a');
    const { message } = await coming;
    expect(message).toBe('webhook check (rollout) failed: answered 404: no *** here');
  });
});

describe('a gate', () => {
  test.each([
    'confirm-rollout',
    'confirm-promotion',
    'confirm-traffic-increase',
    'rollback',
  ] as const)(
    '%s that is closed is asked again every few seconds, until it opens',
    async (type) => {
      const hooks = hooksWith();
      const canary = withHook(type);
      const ask = () => hooks.ask(canary, type, 'r1/0');
      server.play(text(403, 'Forbidden'), text(403, 'Forbidden'), text(200, 'Approved'));
      const closed = {
        outcome: 'pending',
        message: `webhook check (${type}) does not say yes: answered 403: Forbidden`,
      };
      const coming = nextAnswer();
      await ask();
      expect(await coming).toMatchObject(closed);
      now += 4999;
      expect(await ask()).toMatchObject([closed]);
      expect(server.received).toHaveLength(1);

      now += 1;
      const second = server.arrival();
      expect(await ask()).toMatchObject([closed]);
      await second;
      await vi.waitFor(async () => {
        now += 5000;
        expect(await ask()).toMatchObject([{ outcome: 'passed' }]);
      });
      expect(answered).toHaveLength(2);
    },
  );

  test('that opened is not open for ever', async () => {
    const hooks = hooksWith();
    const canary = withHook('confirm-promotion');
    const ask = () => hooks.ask(canary, 'confirm-promotion', 'r1/3');
    server.play(text(200, ''), text(403, 'closed again'));
    let coming = nextAnswer();
    await ask();
    await coming;
    now += 15_000;
    expect(await ask()).toMatchObject([{ outcome: 'passed' }]);
    coming = nextAnswer();
    expect(await coming).toMatchObject({ outcome: 'pending' });
    expect(await ask()).toMatchObject([{ outcome: 'pending' }]);
  });

  test('whose yes is old has to say it again', async () => {
    const hooks = hooksWith();
    const canary = withHook('confirm-rollout');
    const ask = () => hooks.ask(canary, 'confirm-rollout', 'r1/0');
    server.play(text(200, ''), silence);
    const coming = nextAnswer();
    await ask();
    await coming;
    now += 15_001;
    expect(await ask()).toMatchObject([
      {
        outcome: 'unanswered',
        message: 'webhook check (confirm-rollout) has not answered yet',
      },
    ]);
  });
});

describe('calls', () => {
  test('never take more places than there are', async () => {
    const hooks = hooksWith({ concurrency: 2 });
    const webhooks = Array.from({ length: 5 }, (_, i) => ({
      name: `check ${i}`,
      type: 'rollout',
      url: `${server.url}/${i}`,
    }));
    const canary = aCanary({ analysis: { webhooks }, status: STATUS });
    let underWay = 0;
    let most = 0;
    server.play((response) => {
      underWay += 1;
      most = Math.max(most, underWay);
      setImmediate(() => {
        underWay -= 1;
        response.end();
      });
    });
    const all = new Promise<void>((resolve) => {
      tellAnswered = () => answered.length === 5 && resolve();
    });
    await hooks.ask(canary, 'rollout', 'r1/1');
    await all;
    expect(most).toBeLessThanOrEqual(2);
    expect(server.received).toHaveLength(5);
  });

  test('of other types are not made', async () => {
    const hooks = hooksWith();
    expect(await hooks.ask(withHook('rollout'), 'pre-rollout', 'a')).toEqual([]);
  });

  test('under way elsewhere are not made here', async () => {
    const attempts = new ProcessAttempts();
    const [one, other] = [hooksWith({ attempts }), hooksWith({ attempts })];
    const canary = withHook('rollout');
    server.play(text(200, ''));
    const coming = nextAnswer();
    await one.ask(canary, 'rollout', 'a');
    await other.ask(canary, 'rollout', 'a');
    await coming;
    expect(await other.ask(canary, 'rollout', 'a')).toMatchObject([{ outcome: 'passed' }]);
    expect(server.received).toHaveLength(1);
  });

  test('end with the process, and tell nobody', async () => {
    const hooks = hooksWith();
    let gone: Promise<unknown> | undefined;
    server.play((response) => {
      gone = once(response, 'close');
    });
    const arrival = server.arrival();
    await hooks.ask(withHook('rollout'), 'rollout', 'a');
    await arrival;
    hooks.close();
    await gone;
    expect(answered).toEqual([]);
  });
});

describe('the record of attempts', () => {
  test('lets one begin a round, and takes over what was never finished', async () => {
    const attempts = new ProcessAttempts();
    expect(await attempts.begin('a', 1, 0, 100)).toBe(true);
    expect(await attempts.begin('a', 1, 50, 150)).toBe(false);
    expect(await attempts.begin('a', 2, 50, 150)).toBe(false);
    expect(await attempts.begin('a', 2, 100, 200)).toBe(true);
    await attempts.finish('a', 1, { passed: false, why: 'late', at: 110 });
    expect((await attempts.read('a'))?.said).toBeUndefined();
    await attempts.finish('a', 2, { passed: true, why: '', at: 120 });
    expect(await attempts.read('a')).toEqual({
      round: 2,
      callingUntil: 0,
      said: { passed: true, why: '', at: 120 },
    });
    expect(await attempts.begin('a', 2, 300, 400)).toBe(false);
  });

  test('is bounded', async () => {
    const attempts = new ProcessAttempts(2);
    for (const id of ['a', 'b', 'a', 'c']) {
      const round = ((await attempts.read(id))?.round ?? 0) + 1;
      await attempts.begin(id, round, 0, 0);
    }
    expect(await attempts.read('b')).toBeUndefined();
    expect((await attempts.read('a'))?.round).toBe(2);
    expect((await attempts.read('c'))?.round).toBe(1);
  });
});
