import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concealed, shownUrl } from './concealed.ts';

const TOKEN = 'xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy';

describe('a text is concealed', () => {
  test.each([
    ['as it is', `got ${TOKEN}!`, 'got ***!'],
    ['as its beginning', `got ${TOKEN.slice(0, 20)}...`, 'got ***...'],
    ['in base64', `got ${Buffer.from(TOKEN).toString('base64')}`, 'got ***'],
    ['twice', `${TOKEN}${TOKEN}`, '******'],
    ['not at all', 'channel_not_found', 'channel_not_found'],
  ])('with a token %s', (_, text, shown) => {
    expect(concealed(text, [TOKEN])).toBe(shown);
  });

  test.each([
    ['one after the other', (a: string, b: string) => `${a} and ${b}`, '*** and ***'],
    ['in the other order', (a: string, b: string) => `${b} and ${a}`, '*** and ***'],
    ['run together', (a: string, b: string) => `${a}${b}`, '******'],
  ])('with two keys that begin alike, as those of one maker do, %s', (_, write, shown) => {
    const [a, b] = [`${TOKEN}-of-reading`, `${TOKEN.slice(0, 20)}-of-writing-0123456789`];
    expect(concealed(write(a, b), [a, b])).toBe(shown);
  });

  test('with a header that carries one', () => {
    expect(concealed(`bad ${TOKEN}`, [`Bearer ${TOKEN}`, undefined])).toBe('bad ***');
  });

  test('with user and password as a header has them', () => {
    const pair = Buffer.from('ann:pa55word').toString('base64');
    expect(concealed(`Basic ${pair}`, ['http://ann:pa55word@host/'])).toBe('Basic ***');
    expect(concealed(`Basic ${pair}`, ['ann:pa55word'])).toBe('Basic ***');
  });

  test('and keeps what hardly is a secret', () => {
    const text = 'no such user: me at https://host/api/v1';
    expect(concealed(text, ['me', 'https://other.host/gate/approve'])).toBe(text);
  });

  test('whatever stands around it, and however it is written', () => {
    const secret = fc.string({ minLength: 6, maxLength: 40 }).filter((s) => s.trim() === s);
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (secret, before, after) => {
        const writings = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
        for (const written of writings) {
          const shown = concealed(`${before}${written}${after}`, [secret]);
          expect(shown.split('***').some((part) => part.includes(secret))).toBe(false);
        }
      }),
    );
  });
});

test.each([
  ['https://me:pw@host:9090/prom/?key=1#x', 'https://host:9090/prom'],
  ['https://host/tenants/0123456789abcdef/prom', 'https://host/tenants/***/prom'],
  ['http://host', 'http://host'],
])('%s is shown as %s', (url, shown) => {
  expect(shownUrl(new URL(url))).toBe(shown);
});
