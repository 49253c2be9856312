import type { Card } from './card.ts';
import { fitting } from './fitting.ts';
import type { Sender } from './slack.ts';

/**
 * An embed of Discord's own webhooks. A webhook belongs to one channel, so `channel` has no meaning.
 * https://discord.com/developers/docs/resources/webhook#execute-webhook
 */
export function discordBody(card: Card, { username }: Sender): unknown {
  return {
    ...(username === undefined ? {} : { username: username.slice(0, 80) }),
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: fitting(card.title, 256, escapeDiscord),
        description: fitting(card.text, 2048, escapeDiscord),
        color: Number.parseInt(card.color.slice(1), 16),
        fields: card.facts.map(({ name, value }) => ({
          name,
          value: fitting(value, 1024, escapeDiscord),
          inline: value.length <= 30,
        })),
        footer: { text: 'Linnet' },
        timestamp: new Date(card.at).toISOString(),
      },
    ],
  };
}

/** A backslash takes its meaning from every character that has one: mentions, links, Markdown. */
export function escapeDiscord(text: string): string {
  return text.replaceAll(/[\\*_~`|<>@#:[\]()-]/g, String.raw`\$&`);
}

/**
 * Flagger posts to the Slack-compatible twin of a webhook, `.../slack`. An address made for it is
 * brought back to the webhook itself.
 */
export function discordAddress(address: string): string {
  return address.replace(/\/slack\/?(?=\?|$)/, '');
}
