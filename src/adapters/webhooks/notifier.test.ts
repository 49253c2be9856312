import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { reachWithLoopback } from '../../../test/builders/reach.ts';
import { aCanary } from '../../../test/builders/canary.ts';
import {
  cut,
  json,
  type Reply,
  scriptedServer,
  type ScriptedServer,
  text,
} from '../../../test/builders/scripted-server.ts';
import type { Message } from '../../api/status.ts';
import { ClusterError, type KubeObject, type ResourceKind } from '../../ports/cluster.ts';
import type { Delivery } from '../../ports/notifier.ts';
import { createNotifier, type NotifierOptions } from './notifier.ts';
import { createOutgoing } from './outgoing.ts';

const MESSAGE: Message = {
  n: 3,
  at: '2026-03-01T12:00:00.000Z',
  kind: 'promoted',
  severity: 'info',
  text: 'checkout: promoted',
  owed: [],
};

/** Stands in every place that is secret; no sentence may hold it. */
const PLANTED = 'kxZ9Qw8Lm4TtPpYy7Rr2';

const CANARY = aCanary({
  analysis: {
    alerts: [{ name: 'on call', providerRef: { name: 'on-call' } }],
    webhooks: [
      {
        name: 'tell ops',
        type: 'event',
        url: `http://127.0.0.1:1/?token=${PLANTED}`,
        metadata: { team: 'shop', eventType: 'mine' },
      },
    ],
  },
});

let server: ScriptedServer;
let objects: KubeObject[];
const outgoing = createOutgoing(reachWithLoopback());

beforeAll(async () => {
  server = await scriptedServer();
});

afterAll(async () => {
  await outgoing.close();
  await server.close();
});

beforeEach(() => {
  objects = [];
});

function provider(spec: Record<string, unknown>, namespace = 'shop'): KubeObject {
  return {
    apiVersion: 'linnet.dev/v1beta1',
    kind: 'AlertProvider',
    metadata: { name: 'on-call', namespace },
    spec,
  };
}

function secret(data: Record<string, string>): KubeObject {
  const encoded = Object.entries(data).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'chat', namespace: 'shop' },
    data: Object.fromEntries(encoded) as Record<string, string>,
  };
}

function find(kind: string, namespace: string | undefined, name: string): KubeObject | undefined {
  return objects.find(
    ({ kind: k, metadata }) =>
      k === kind && metadata.namespace === namespace && metadata.name === name,
  );
}

async function deliver(
  key: string,
  options: Partial<NotifierOptions> = {},
  canary = CANARY,
): Promise<Delivery> {
  const notifier = createNotifier({
    outgoing,
    api: {
      get: (kind: ResourceKind, namespace, name) =>
        Promise.resolve(find(kind.kind, namespace, name)),
    },
    readProvider: (namespace, name) => find('AlertProvider', namespace, name),
    createEvent: () => Promise.resolve(),
    defaultSlack: undefined,
    crossNamespaceRefs: true,
    ...options,
  });
  const delivery = await notifier.deliver(canary, MESSAGE, key, new AbortController().signal);
  expect(JSON.stringify(delivery)).not.toContain(PLANTED);
  return delivery;
}

/** The AlertProvider `shop/on-call` of this type, its address in a Secret. */
function addressed(type: string, data: Record<string, string> = {}, spec: object = {}): void {
  objects = [
    provider({ type, secretRef: { name: 'chat' }, ...spec }),
    secret({ address: `${server.url}/${PLANTED}?key=${PLANTED}\n`, ...data }),
  ];
}

describe('an AlertProvider', () => {
  test.each(['slack', 'discord', 'msteams', 'rocket', 'gchat', 'webhook'])(
    'of type %s is told at the address of its Secret',
    async (type) => {
      addressed(type);
      server.play(text(200, 'ok'));
      expect(await deliver('shop/on-call')).toEqual({ kind: 'accepted' });
      const [received] = server.received;
      expect(received?.path).toBe(`/${PLANTED}`);
      expect(received?.headers['idempotency-key']).toBe('u-1/3/shop/on-call');
      expect(JSON.stringify(received?.body)).toContain('checkout');
    },
  );

  test('without a Secret is told at its own address', async () => {
    objects = [provider({ type: 'webhook', address: `${server.url}/own` })];
    server.play(text(204, ''));
    expect(await deliver('shop/on-call')).toEqual({ kind: 'accepted' });
    expect(server.received[0]?.path).toBe('/own');
  });

  test('gets headers and token of the Secret', async () => {
    addressed('webhook', { token: PLANTED, headers: `X-Team: ${PLANTED}` });
    server.play(text(200, ''));
    await deliver('shop/on-call');
    expect(server.received[0]?.headers).toMatchObject({
      authorization: `Bearer ${PLANTED}`,
      'x-team': PLANTED,
    });
  });
});

describe('what is missing is said, and tried again', () => {
  test.each<[string, () => void, string]>([
    ['no AlertProvider', () => {}, 'AlertProvider shop/on-call: does not exist'],
    [
      'no Secret',
      () => objects.push(provider({ type: 'slack', secretRef: { name: 'chat' } })),
      'AlertProvider shop/on-call: names Secret shop/chat, which does not exist',
    ],
    [
      'no key',
      () => {
        addressed('slack');
        objects[1] = secret({ adress: PLANTED });
      },
      "AlertProvider shop/on-call: has no address: Secret shop/chat lacks the key 'address'",
    ],
    [
      'a bot without a channel',
      () => addressed('slack', { token: PLANTED }),
      'AlertProvider shop/on-call: posts with a bot token, which needs spec.channel',
    ],
    [
      'headers that are none',
      () => addressed('webhook', { headers: PLANTED }),
      "AlertProvider shop/on-call: cannot use the key 'headers' of Secret shop/chat: allowed are lines 'Name: value'",
    ],
    [
      'a type that is none',
      () => objects.push(provider({ type: 'pager', address: `https://${PLANTED}` })),
      "AlertProvider shop/on-call: is wrong: spec.type: found 'pager', allowed is one of 'slack', 'msteams', 'discord', 'rocket', 'gchat', 'webhook'",
    ],
  ])('%s', async (_, arrange, why) => {
    arrange();
    expect(await deliver('shop/on-call')).toEqual({ kind: 'retry', why });
  });

  test('a Secret that cannot be read', async () => {
    addressed('slack');
    const error = new ClusterError(PLANTED, { code: 403, reason: 'Forbidden' });
    const delivery = await deliver('shop/on-call', { api: { get: () => Promise.reject(error) } });
    const why =
      'AlertProvider shop/on-call: names Secret shop/chat, which could not be read (403 Forbidden)';
    expect(delivery).toEqual({ kind: 'retry', why });
  });
});

describe('addresses that are wrong are refused, unseen', () => {
  test.each([
    [`no url ${PLANTED}`, 'the address is not a URL that starts with http:// or https://'],
    [`ftp://${PLANTED}/`, 'the address is not a URL that starts with http:// or https://'],
    [
      `http://169.254.169.254/${PLANTED}`,
      'the address is a link-local one, which needs a range of its own in --allowed-hosts: cloud credentials are served there',
    ],
  ])('%s', async (address, why) => {
    addressed('slack', { address });
    expect(await deliver('shop/on-call')).toEqual({
      kind: 'refused',
      why: `AlertProvider shop/on-call: ${why}`,
    });
  });

  test('so is another namespace where that is forbidden', async () => {
    objects = [provider({ type: 'webhook', address: server.url }, 'ops')];
    expect(await deliver('ops/on-call', { crossNamespaceRefs: false })).toEqual({
      kind: 'refused',
      why: 'AlertProvider ops/on-call: is in another namespace than the Canary, which this controller forbids',
    });
  });
});

describe('answers', () => {
  const echo: Reply = (response) => {
    response.writeHead(404);
    response.end(`nothing at /${PLANTED}?key=${PLANTED}`);
  };
  test.each<[string, Reply, Delivery]>([
    [
      '404 that repeats the address',
      echo,
      { kind: 'refused', why: 'answered 404: nothing at ***' },
    ],
    [
      '400',
      text(400, 'invalid_payload'),
      { kind: 'refused', why: 'answered 400: invalid_payload' },
    ],
    [
      '302',
      json(302, {}, { location: '/login' }),
      {
        kind: 'refused',
        why: 'answered 302, a redirect, which is not followed: name the address that it leads to',
      },
    ],
    ['500', text(500, ''), { kind: 'retry', why: 'answered 500' }],
    ['408', text(408, ''), { kind: 'retry', why: 'answered 408' }],
    [
      '429',
      json(429, 'slow down', { 'retry-after': '20' }),
      { kind: 'retry', why: 'answered 429: "slow down"', afterMs: 20_000 },
    ],
    [
      '503',
      json(503, '', { 'retry-after': '1' }),
      { kind: 'retry', why: 'answered 503: ""', afterMs: 1000 },
    ],
  ])('%s', async (_, reply, delivery) => {
    addressed('webhook');
    server.play(reply);
    const titled =
      delivery.kind === 'accepted'
        ? delivery
        : { ...delivery, why: `AlertProvider shop/on-call: ${delivery.why}` };
    expect(await deliver('shop/on-call')).toEqual(titled);
  });

  test('a connection that is cut', async () => {
    addressed('webhook');
    server.play(cut());
    expect(await deliver('shop/on-call')).toMatchObject({ kind: 'retry' });
  });

  test.each<[string, Reply, Delivery['kind'], string]>([
    [
      'channel',
      json(200, { ok: false, error: 'channel_not_found' }),
      'refused',
      'channel_not_found',
    ],
    ['token', json(200, { ok: false, error: 'invalid_auth' }), 'refused', 'invalid_auth'],
    ['rate', json(200, { ok: false, error: 'ratelimited' }), 'retry', 'ratelimited'],
    ['trouble', json(200, { ok: false, error: 'internal_error' }), 'retry', 'internal_error'],
    ['nothing', json(200, { ok: false }), 'retry', 'unknown_error'],
    ['a page', text(200, '<html>'), 'retry', '200, but not as Slack does'],
  ])('of Slack to a bot, who hears no in a 200: %s', async (_, reply, kind, error) => {
    addressed('slack', { token: PLANTED }, { channel: '#ops' });
    server.play(reply);
    const why = `AlertProvider shop/on-call: answered ${error}`;
    expect(await deliver('shop/on-call')).toEqual({ kind, why });
  });

  test('of Slack to a bot that was heard', async () => {
    addressed('slack', { token: PLANTED }, { channel: '#ops' });
    server.play(json(200, { ok: true, message: { text: '"ok": false' } }));
    expect(await deliver('shop/on-call')).toEqual({ kind: 'accepted' });
    expect(server.received[0]?.headers.authorization).toBe(`Bearer ${PLANTED}`);
    expect(server.received[0]?.body).toMatchObject({ channel: '#ops' });
  });

  test('of a Teams that says no in a 200', async () => {
    addressed('msteams');
    server.play(text(200, 'Webhook message delivery failed with error: HTTP error 429'));
    expect(await deliver('shop/on-call')).toMatchObject({ kind: 'retry' });
  });
});

describe('other keys', () => {
  test('default: the controller’s own incoming webhook', async () => {
    server.play(text(200, 'ok'));
    const defaultSlack = {
      url: `${server.url}/${PLANTED}`,
      token: undefined,
      channel: undefined,
    };
    expect(await deliver('default', { defaultSlack })).toEqual({ kind: 'accepted' });
    expect(server.received[0]?.headers['idempotency-key']).toBe('u-1/3/default');
  });

  test.each([
    [undefined, 'is not configured on this replica'],
    [
      { url: undefined, token: PLANTED, channel: undefined },
      'has a bot token and no channel: set --slack-channel',
    ],
  ])('default that is not there', async (defaultSlack, why) => {
    expect(await deliver('default', { defaultSlack })).toEqual({
      kind: 'retry',
      why: `Slack (the controller’s own): ${why}`,
    });
  });

  test('events: the Kubernetes Event', async () => {
    const events: number[] = [];
    const createEvent: NotifierOptions['createEvent'] = (_canary, { n }) => {
      events.push(n);
      return Promise.resolve();
    };
    expect(await deliver('events', { createEvent })).toEqual({ kind: 'accepted' });
    expect(events).toEqual([3]);
  });

  test('events that the API server does not take', async () => {
    const error = new ClusterError(PLANTED, { code: 500, reason: 'InternalError' });
    expect(await deliver('events', { createEvent: () => Promise.reject(error) })).toEqual({
      kind: 'retry',
      why: 'Kubernetes Event: failed: 500 InternalError',
    });
  });

  test('hook: Flagger’s event payload', async () => {
    const url = `${server.url}/${PLANTED}`;
    const [hook] = CANARY.spec.analysis.webhooks;
    const analysis = { ...CANARY.spec.analysis, webhooks: [{ ...hook!, url }] };
    const canary = {
      ...CANARY,
      spec: { ...CANARY.spec, analysis },
    };
    server.play(text(200, ''));
    expect(await deliver('hook/tell ops', {}, canary)).toEqual({ kind: 'accepted' });
    const [received] = server.received;
    expect(received?.headers['idempotency-key']).toBe('u-1/3/hook/tell%20ops');
    expect(received?.body).toMatchObject({
      name: 'checkout',
      namespace: 'shop',
      phase: 'Initializing',
      checksum: expect.stringMatching(/^[0-9a-f]{10}$/) as string,
      type: 'event',
      metadata: {
        eventMessage: 'checkout: promoted',
        eventType: 'Normal',
        timestamp: '1772366400000',
        team: 'shop',
      },
    });
  });

  test('hook that nobody answers', async () => {
    expect(await deliver('hook/tell ops')).toEqual({
      kind: 'retry',
      why: "webhook 'tell ops': nobody listens at the address (ECONNREFUSED)",
    });
  });
});
