import { describe, expect, test } from 'vitest';
import {
  addressed,
  deliver,
  PLANTED,
  server,
  useNotifier,
} from '../../../test/builders/notifier-bench.ts';
import { cut, json, type Reply, text } from '../../../test/builders/scripted-server.ts';
import type { Delivery } from '../../ports/notifier.ts';

useNotifier();

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
