import type { Card } from './card.ts';
import { fitting } from './fitting.ts';

/**
 * An Adaptive Card for a Teams workflow ("when a webhook request is received"). The connectors that
 * took MessageCards are retired, and took these cards too. Text stands in text runs, which Teams
 * never reads as Markdown; a mention needs an entity beside the card, and there is none.
 * https://adaptivecards.io/explorer/TextRun.html
 */
export function teamsBody(card: Card): unknown {
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          msteams: { width: 'Full' },
          fallbackText: card.title,
          body: [
            paragraph({
              text: card.title,
              weight: 'Bolder',
              size: 'Medium',
              color: colorOf(card),
            }),
            ...lines(card.text).map((text) => paragraph({ text })),
            ...card.facts.flatMap(({ name, value }) => {
              const [first = '', ...rest] = lines(value);
              return [
                paragraph({ text: `${name}: `, weight: 'Bolder' }, { text: first }),
                ...rest.map((text) => paragraph({ text })),
              ];
            }),
            paragraph({ text: new Date(card.at).toISOString(), isSubtle: true, size: 'Small' }),
          ],
        },
      },
    ],
  };
}

type Color = 'Good' | 'Accent' | 'Warning' | 'Attention';

interface Run {
  readonly text: string;
  readonly weight?: 'Bolder';
  readonly size?: 'Small' | 'Medium';
  readonly color?: Color;
  readonly isSubtle?: boolean;
}

function paragraph(...runs: Run[]): unknown {
  const inlines = runs.map((run) => ({ type: 'TextRun', ...run }));
  return { type: 'RichTextBlock', inlines };
}

function lines(text: string): string[] {
  return fitting(text, 2000).split('\n');
}

function colorOf({ severity, title }: Card): Color {
  if (severity === 'error') return 'Attention';
  if (severity === 'warn') return 'Warning';
  return title.endsWith(': promoted') ? 'Good' : 'Accent';
}
