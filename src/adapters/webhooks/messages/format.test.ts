import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CANARY, FAILED } from '../../../../test/builders/failed-rollout.ts';
import { format, idempotencyKey } from './format.ts';

describe('the request', () => {
  const to = { type: 'webhook', address: 'https://x.example', headers: {} } as const;

  test('carries the idempotency key, and token and headers of the Secret', () => {
    const key = idempotencyKey(CANARY, FAILED, 'shop/on-call');
    expect(key).toBe('u-1/7/shop/on-call');
    const request = format(
      CANARY,
      FAILED,
      { ...to, token: 'tok', headers: { 'x-team': 'a' } },
      key,
    );
    expect(request.headers).toEqual({
      'idempotency-key': 'u-1/7/shop/on-call',
      authorization: 'Bearer tok',
      'x-team': 'a',
    });
  });

  test('has a key that any header can carry', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(idempotencyKey(CANARY, FAILED, `hook/${name}`)).toMatch(/^[\x21-\x7e]+$/);
      }),
    );
    expect(() => idempotencyKey(CANARY, FAILED, 'hook/\ud800')).not.toThrow();
  });

  test.each([
    ['https://discord.com/api/webhooks/1/t/slack', 'https://discord.com/api/webhooks/1/t'],
    [
      'https://discord.com/api/webhooks/1/t/slack?wait=true',
      'https://discord.com/api/webhooks/1/t?wait=true',
    ],
    ['https://discord.com/api/webhooks/1/t', 'https://discord.com/api/webhooks/1/t'],
  ])('to Discord %s goes to the webhook itself', (address, url) => {
    expect(format(CANARY, FAILED, { ...to, type: 'discord', address }, 'k').url).toBe(url);
  });
});
