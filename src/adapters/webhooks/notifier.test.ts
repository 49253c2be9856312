import { describe, expect, test } from 'vitest';
import {
  addressed,
  CANARY,
  deliver,
  objects,
  PLANTED,
  provider,
  secret,
  server,
  useNotifier,
} from '../../../test/builders/notifier-bench.ts';
import { text } from '../../../test/builders/scripted-server.ts';
import { ClusterError } from '../../ports/cluster.ts';
import type { NotifierOptions } from './notifier.ts';

useNotifier();

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
    objects.push(provider({ type: 'webhook', address: `${server.url}/own` }));
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
    objects.push(provider({ type: 'webhook', address: server.url }, 'ops'));
    expect(await deliver('ops/on-call', { crossNamespaceRefs: false })).toEqual({
      kind: 'refused',
      why: 'AlertProvider ops/on-call: is in another namespace than the Canary, which this controller forbids',
    });
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
