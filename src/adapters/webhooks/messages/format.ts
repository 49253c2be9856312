import type { AlertProviderType } from '../../../api/alert-provider.ts';
import type { Canary } from '../../../api/canary.ts';
import type { Message } from '../../../api/status.ts';
import { cardOf } from './card.ts';
import { discordAddress, discordBody } from './discord.ts';
import { gchatBody } from './gchat.ts';
import { genericBody } from './generic.ts';
import { teamsBody } from './msteams.ts';
import { rocketBody } from './rocket.ts';
import { type Sender, slackBody } from './slack.ts';

/** Where a message goes, once AlertProvider and Secret are read. Nothing of it may be shown. */
export interface Destination extends Sender {
  readonly type: AlertProviderType;
  readonly address: string;
  readonly token?: string | undefined;
  readonly proxy?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Formatted {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The request that tells a message to a provider of any type. Pure. */
export function format(
  canary: Canary,
  message: Message,
  to: Destination,
  idempotencyKey: string,
): Formatted {
  const authorization = to.token === undefined ? {} : { authorization: `Bearer ${to.token}` };
  return {
    url: to.type === 'discord' ? discordAddress(to.address) : to.address,
    headers: { 'idempotency-key': idempotencyKey, ...authorization, ...to.headers },
    body: bodyOf(canary, message, to, idempotencyKey),
  };
}

function bodyOf(canary: Canary, message: Message, to: Destination, key: string): unknown {
  const card = cardOf(canary, message);
  switch (to.type) {
    case 'slack':
      return slackBody(card, to);
    case 'discord':
      return discordBody(card, to);
    case 'msteams':
      return teamsBody(card);
    case 'rocket':
      return rocketBody(card, to);
    case 'gchat':
      return gchatBody(card);
    case 'webhook':
      return genericBody(canary, message, key);
  }
}

/**
 * `uid/n/provider`, as a header may carry it. The same for every attempt, from whichever replica.
 */
export function idempotencyKey(canary: Canary, message: Message, provider: string): string {
  // Names of webhooks are any text; what is no well-formed Unicode becomes so first.
  const name = encodeURI(Buffer.from(provider).toString());
  return `${canary.metadata.uid}/${message.n}/${name}`;
}
