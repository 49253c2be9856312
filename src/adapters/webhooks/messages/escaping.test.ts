import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aCanary } from '../../../../test/builders/canary.ts';
import { bodyFor, FAILED, STATUS } from '../../../../test/builders/failed-rollout.ts';
import { escapeDiscord } from './discord.ts';
import { fitting } from './fitting.ts';
import { escapeHtml } from './gchat.ts';
import { escapeRocket } from './rocket.ts';
import { escapeSlack } from './slack.ts';

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
