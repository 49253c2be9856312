import { describe, expect, test } from 'vitest';
import { bodyFor, CANARY, FAILED } from '../../../../test/builders/failed-rollout.ts';

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
