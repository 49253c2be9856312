import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aCanary } from '../../../../test/builders/canary.ts';
import type { AlertProviderType } from '../../../api/alert-provider.ts';
import type { Canary } from '../../../api/canary.ts';
import type { CanaryStatus, Message } from '../../../api/status.ts';
import { cardOf } from './card.ts';
import { escapeDiscord } from './discord.ts';
import { fitting } from './fitting.ts';
import { type Destination, format, idempotencyKey } from './format.ts';
import { escapeHtml } from './gchat.ts';
import { escapeRocket } from './rocket.ts';
import { escapeSlack } from './slack.ts';

const STATUS: CanaryStatus = {
  phase: 'Failed',
  planVersion: 1,
  canaryWeight: 0,
  peakWeight: 40,
  failedChecks: 2,
  iterations: 0,
  conditions: [],
  fences: {},
  startedAt: '2026-03-01T11:50:00.000Z',
  revision: '7c9d',
  verdict: 'ROLLBACK: 5xx 12/240 (5.0%) vs primary <1%',
  messages: 7,
  checks: [
    { name: 'request-success-rate', measured: '95.0 %', allowed: '>= 99 %', outcome: 'fail' },
    { name: 'latency', outcome: 'hold' },
  ],
};

const FAILED: Message = {
  n: 7,
  at: '2026-03-01T12:00:00.000Z',
  kind: 'failed',
  severity: 'error',
  text: 'checkout: rolled back: <5% & *worse* for @everyone',
  owed: ['events'],
};

const CANARY = aCanary({ status: STATUS });

function bodyFor(
  type: AlertProviderType,
  message: Message = FAILED,
  canary: Canary = CANARY,
  more: Partial<Destination> = {},
): unknown {
  const to = { type, address: 'https://receiver.example/x', headers: {}, ...more };
  return format(canary, message, to, 'u-1/7/shop/on-call').body;
}

describe('what a provider is sent', () => {
  test('Slack: one attachment, escaped, without Markdown', () => {
    expect(bodyFor('slack', FAILED, CANARY, { channel: '#ops', username: 'linnet' })).toEqual({
      channel: '#ops',
      username: 'linnet',
      attachments: [
        {
          color: '#d32f2f',
          fallback:
            'shop/checkout: failed: checkout: rolled back: &lt;5% &amp; *worse* for @everyone',
          title: 'shop/checkout: failed',
          text: 'checkout: rolled back: &lt;5% &amp; *worse* for @everyone',
          fields: [
            { title: 'Weight', value: 'reached 40 %', short: true },
            { title: 'Failed checks', value: '2 of 2', short: true },
            { title: 'Revision', value: '7c9d', short: true },
            {
              title: 'Verdict',
              value: 'ROLLBACK: 5xx 12/240 (5.0%) vs primary &lt;1%',
              short: false,
            },
            {
              title: 'Checks',
              value: 'fail request-success-rate: 95.0 % (allowed &gt;= 99 %)\nhold latency',
              short: false,
            },
          ],
          footer: 'Linnet',
          ts: 1772366400,
          mrkdwn_in: [],
        },
      ],
      parse: 'none',
      link_names: false,
      unfurl_links: false,
      unfurl_media: false,
    });
  });

  test('Discord: an embed that can ping nobody', () => {
    expect(bodyFor('discord', FAILED, CANARY, { channel: 'ops', username: 'linnet' })).toEqual({
      username: 'linnet',
      allowed_mentions: { parse: [] },
      embeds: [
        {
          title: String.raw`shop/checkout\: failed`,
          description: String.raw`checkout\: rolled back\: \<5% & \*worse\* for \@everyone`,
          color: 0xd32f2f,
          fields: [
            { name: 'Weight', value: 'reached 40 %', inline: true },
            { name: 'Failed checks', value: '2 of 2', inline: true },
            { name: 'Revision', value: '7c9d', inline: true },
            {
              name: 'Verdict',
              value: String.raw`ROLLBACK\: 5xx 12/240 \(5.0%\) vs primary \<1%`,
              inline: false,
            },
            {
              name: 'Checks',
              value:
                String.raw`fail request\-success\-rate\: 95.0 % \(allowed \>= 99 %\)` +
                '\nhold latency',
              inline: false,
            },
          ],
          footer: { text: 'Linnet' },
          timestamp: '2026-03-01T12:00:00.000Z',
        },
      ],
    });
  });

  test('Teams: an Adaptive Card of plain text runs', () => {
    const run = (text: string, more: object = {}) => ({ type: 'TextRun', text, ...more });
    const block = (...inlines: object[]) => ({ type: 'RichTextBlock', inlines });
    expect(bodyFor('msteams')).toEqual({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          content: {
            $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
            type: 'AdaptiveCard',
            version: '1.4',
            msteams: { width: 'Full' },
            fallbackText: 'shop/checkout: failed',
            body: [
              block(
                run('shop/checkout: failed', {
                  weight: 'Bolder',
                  size: 'Medium',
                  color: 'Attention',
                }),
              ),
              block(run(FAILED.text)),
              block(run('Weight: ', { weight: 'Bolder' }), run('reached 40 %')),
              block(run('Failed checks: ', { weight: 'Bolder' }), run('2 of 2')),
              block(run('Revision: ', { weight: 'Bolder' }), run('7c9d')),
              block(
                run('Verdict: ', { weight: 'Bolder' }),
                run('ROLLBACK: 5xx 12/240 (5.0%) vs primary <1%'),
              ),
              block(
                run('Checks: ', { weight: 'Bolder' }),
                run('fail request-success-rate: 95.0 % (allowed >= 99 %)'),
              ),
              block(run('hold latency')),
              block(run('2026-03-01T12:00:00.000Z', { isSubtle: true, size: 'Small' })),
            ],
          },
        },
      ],
    });
  });

  test('Rocket.Chat: one attachment, mentions parted', () => {
    expect(bodyFor('rocket', { ...FAILED, n: 6 }, CANARY, { channel: '#ops' })).toEqual({
      channel: '#ops',
      attachments: [
        {
          color: '#d32f2f',
          title: 'shop/checkout: failed',
          text: 'checkout:\u2060 rolled back:\u2060 <\u20605% & \\*worse\\* for @\u2060everyone',
          fields: [],
          ts: '2026-03-01T12:00:00.000Z',
        },
      ],
    });
  });

  test('Google Chat: a card whose text is HTML', () => {
    expect(bodyFor('gchat', { ...FAILED, n: 6 })).toEqual({
      fallbackText: 'shop/checkout: failed',
      cardsV2: [
        {
          cardId: 'linnet',
          card: {
            header: { title: 'shop/checkout: failed', subtitle: '2026-03-01T12:00:00.000Z' },
            sections: [
              {
                widgets: [
                  {
                    textParagraph: {
                      text: '<font color="#d32f2f">checkout: rolled back: &lt;5% &amp; *worse* for @everyone</font>',
                    },
                  },
                ],
              },
            ],
          },
        },
      ],
    });
  });

  test('a webhook of one’s own: the documented JSON', () => {
    expect(bodyFor('webhook')).toEqual({
      name: 'checkout',
      namespace: 'shop',
      phase: 'Failed',
      kind: 'failed',
      severity: 'error',
      text: FAILED.text,
      verdict: 'ROLLBACK: 5xx 12/240 (5.0%) vs primary <1%',
      weight: 0,
      revision: '7c9d',
      checks: [
        {
          name: 'request-success-rate',
          outcome: 'fail',
          measured: '95.0 %',
          allowed: '>= 99 %',
          message: null,
        },
        { name: 'latency', outcome: 'hold', measured: null, allowed: null, message: null },
      ],
      at: '2026-03-01T12:00:00.000Z',
      n: 7,
      idempotencyKey: 'u-1/7/shop/on-call',
    });
  });
});

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

describe('a card', () => {
  test.each([
    ['info', 'promoted', '#2eb67d'],
    ['info', 'started', '#3b82f6'],
    ['warn', 'waiting', '#ecb22e'],
    ['error', 'failed', '#d32f2f'],
  ] as const)('of severity %s and kind %s is %s', (severity, kind, color) => {
    expect(cardOf(CANARY, { ...FAILED, severity, kind }).color).toBe(color);
  });

  test('shows the weight while there is one', () => {
    const status = { ...STATUS, phase: 'Progressing' as const, canaryWeight: 20 };
    const card = cardOf(aCanary({ status }), { ...FAILED, kind: 'stuck' });
    expect(card.facts[0]).toEqual({ name: 'Weight', value: '20 %' });
  });

  test('of an older message shows no state: it would be of another time', () => {
    expect(cardOf(CANARY, { ...FAILED, n: 6 }).facts).toEqual([]);
  });

  test('has no characters that hide or turn text', () => {
    const text = 'a\u202eb\u0000c\u001b[31md\ne';
    expect(cardOf(CANARY, { ...FAILED, text }).text).toBe('a b c [31md\ne');
  });
});

/** Texts that are likely to mean something to one of the services. */
const WILD = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .array(
      fc.constantFrom(
        '<!channel>',
        '<!here|x>',
        '<@U123>',
        '<#C1>',
        '<https://a.example|b>',
        '@everyone',
        '@here',
        '@all',
        '<users/all>',
        '<at>All</at>',
        '[a](https://b.example)',
        '<b>',
        '</b>',
        '&lt;',
        '&amp;',
        '\\',
        '*',
        '_',
        '~',
        '`',
        '```',
        '> ',
        '# ',
        '|',
        ':',
        '\n',
        'x',
        ' ',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
);

describe('whatever the text', () => {
  test('Slack sees no tag, and shows it whole', () => {
    fc.assert(
      fc.property(WILD, (text) => {
        const escaped = escapeSlack(text);
        expect(escaped).not.toMatch(/[<>]/);
        const shown = escaped
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&amp;', '&');
        expect(shown).toBe(text);
      }),
    );
  });

  test('Discord sees no sign without a backslash, and shows it whole', () => {
    fc.assert(
      fc.property(WILD, (text) => {
        const escaped = escapeDiscord(text);
        const bare = escaped.replaceAll(/\\[^0-9A-Za-z\s]/g, '');
        expect(bare).not.toMatch(/[\\*_~`|<>@#:[\]()]/);
        expect(escaped.replaceAll(/\\([^0-9A-Za-z\s])/g, '$1')).toBe(text);
      }),
    );
  });

  test('Rocket.Chat sees no name after an @ or #, no link, no Markdown', () => {
    fc.assert(
      fc.property(WILD, (text) => {
        const escaped = escapeRocket(text);
        expect(escaped).not.toMatch(/[@#](?!\u2060)|\]\(|:\/\/|<[^\u2060]/);
        expect(escaped.replaceAll(/\\[\\*_~`]/g, '')).not.toMatch(/[*_~`]/);
      }),
    );
  });

  test('Google Chat sees no tag but its own', () => {
    fc.assert(
      fc.property(WILD, (text) => {
        const escaped = escapeHtml(text);
        expect(escaped.replaceAll('<br>', '')).not.toMatch(/[<>"]/);
        const shown = escaped
          .replaceAll('<br>', '\n')
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&quot;', '"')
          .replaceAll('&amp;', '&');
        expect(shown).toBe(text);
      }),
    );
  });

  test('no body has a place from which a service takes mentions', () => {
    fc.assert(
      fc.property(WILD, (text) => {
        const message = { ...FAILED, text };
        const canary = aCanary({ status: { ...STATUS, verdict: text.slice(0, 1024) } });
        const slack = JSON.stringify(bodyFor('slack', message, canary));
        expect(slack).not.toMatch(/[<>]/);
        expect(bodyFor('slack', message, canary)).not.toHaveProperty('text');
        expect(bodyFor('rocket', message, canary)).not.toHaveProperty('text');
        expect(bodyFor('gchat', message, canary)).not.toHaveProperty('text');
        expect(bodyFor('discord', message, canary)).not.toHaveProperty('content');
        expect(JSON.stringify(bodyFor('msteams', message, canary))).not.toMatch(
          /"entities":|"type":"TextBlock"/,
        );
      }),
    );
  });
});

describe('a text that is too long', () => {
  test('is cut within the limit, never inside an escape or a character', () => {
    fc.assert(
      fc.property(WILD, fc.integer({ min: 1, max: 80 }), (text, limit) => {
        const fitted = fitting(text, limit, escapeSlack);
        expect(fitted.length).toBeLessThanOrEqual(limit);
        const whole = escapeSlack(text);
        const isCut = fitted !== whole;
        const kept = isCut ? fitted.slice(0, -1) : fitted;
        expect(fitted).toBe(isCut ? `${kept}…` : whole);
        expect(kept).not.toMatch(/&(?!(lt|gt|amp);)/);
        expect(whole.startsWith(kept)).toBe(true);
        expect(LONE_SURROGATE.test(fitted) && !LONE_SURROGATE.test(text)).toBe(false);
      }),
    );
  });
});

const LONE_SURROGATE = /\p{Cs}/u;
