import type { Card } from './card.ts';
import { fitting } from './fitting.ts';
import type { Sender } from './slack.ts';

/**
 * An incoming webhook of Rocket.Chat. There is no text besides the attachment: only a text notifies
 * the people it names.
 * https://docs.rocket.chat/docs/integrations
 */
export function rocketBody(card: Card, { channel, username }: Sender): unknown {
  return {
    ...(channel === undefined ? {} : { channel }),
    ...(username === undefined ? {} : { username }),
    attachments: [
      {
        color: card.color,
        title: card.title,
        text: fitting(card.text, 3000, escapeRocket),
        fields: card.facts.map(({ name, value }) => ({
          title: name,
          value: fitting(value, 2000, escapeRocket),
          short: value.length <= 30,
        })),
        ts: new Date(card.at).toISOString(),
      },
    ],
  };
}

/**
 * Rocket.Chat has no escape for mentions, so an invisible word joiner (U+2060) parts the sign from
 * the name, and the halves of a link; Markdown's signs take a backslash.
 */
export function escapeRocket(text: string): string {
  return text.replaceAll(/[\\*_~`]/g, String.raw`\$&`).replaceAll(/[@#\]<:]/g, `$&${WORD_JOINER}`);
}

const WORD_JOINER = '\u2060';
