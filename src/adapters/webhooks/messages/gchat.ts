import type { Card } from './card.ts';
import { fitting } from './fitting.ts';

/**
 * A card of Google Chat. Mentions (`<users/all>`) only work in a message's `text`, which there is
 * none of; the texts of a card know a few HTML tags.
 * https://developers.google.com/workspace/chat/api/reference/rest/v1/cards
 */
export function gchatBody(card: Card): unknown {
  return {
    fallbackText: card.title,
    cardsV2: [
      {
        cardId: 'linnet',
        card: {
          header: { title: card.title, subtitle: new Date(card.at).toISOString() },
          sections: [
            {
              widgets: [
                paragraph(`<font color="${card.color}">${html(card.text)}</font>`),
                ...card.facts.map(({ name, value }) => paragraph(`<b>${name}</b> ${html(value)}`)),
              ],
            },
          ],
        },
      },
    ],
  };
}

function paragraph(text: string): unknown {
  return { textParagraph: { text } };
}

function html(text: string): string {
  return fitting(text, 3000, escapeHtml);
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '<br>');
}
