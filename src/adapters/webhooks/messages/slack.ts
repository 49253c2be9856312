import type { Card } from './card.ts';
import { fitting } from './fitting.ts';

export interface Sender {
  readonly channel?: string | undefined;
  readonly username?: string | undefined;
}

/**
 * One attachment: the only part of a message that Slack shows with a colour. The same body fits
 * incoming webhooks and `chat.postMessage`.
 * https://docs.slack.dev/messaging/formatting-message-text/ (escaping)
 * https://docs.slack.dev/reference/methods/chat.postMessage/
 */
export function slackBody(card: Card, { channel, username }: Sender): unknown {
  return {
    ...(channel === undefined ? {} : { channel }),
    ...(username === undefined ? {} : { username }),
    attachments: [
      {
        color: card.color,
        fallback: fitting(`${card.title}: ${card.text}`, 500, escapeSlack),
        title: fitting(card.title, 300, escapeSlack),
        text: fitting(card.text, 3000, escapeSlack),
        fields: card.facts.map(({ name, value }) => ({
          title: name,
          value: fitting(value, 2000, escapeSlack),
          short: value.length <= 30,
        })),
        footer: 'Linnet',
        ts: Math.floor(card.at / 1000),
        // No field is read as Markdown.
        mrkdwn_in: [],
      },
    ],
    // Neither names, channels nor addresses in a text become links.
    parse: 'none',
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
  };
}

/** Slack reads mentions, links and commands in `<...>` only. */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
