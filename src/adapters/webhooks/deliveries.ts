import type { Delivery } from '../../ports/notifier.ts';
import { type Answer, redirected } from './outgoing.ts';
import { shownAnswer } from './shown-answer.ts';

/** How a receiver says no: some do so in the body of a 200. */
export type Manner = 'slack-bot' | 'slack' | 'msteams' | 'status';

/**
 * What an answer means for a message: taken, worth another try, or no. Sentences follow the name
 * of the provider and a colon, and show no secret.
 */
export function deliveryOf(
  answer: Answer,
  manner: Manner,
  secrets: readonly (string | undefined)[],
): Delivery {
  if (answer.kind === 'unanswered') {
    return { kind: answer.isFinal ? 'refused' : 'retry', why: answer.why };
  }
  const { code, body } = answer;
  if (code >= 200 && code < 300) return judgedByBody(body, manner);
  const shown = shownAnswer(body, secrets);
  const why = `answered ${code}${shown === '' ? '' : `: ${shown}`}`;
  if (code >= 300 && code < 400) return { kind: 'refused', why: redirected(code) };
  if (code >= 500 || PASSING.has(code)) {
    const { retryAfterMs } = answer;
    return { kind: 'retry', why, ...(retryAfterMs === undefined ? {} : { afterMs: retryAfterMs }) };
  }
  return { kind: 'refused', why };
}

/** 4xx answers that time alone can change: timeout, too early, too many requests. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

function judgedByBody(body: string, manner: Manner): Delivery {
  switch (manner) {
    case 'slack-bot':
    case 'slack':
      return slackDelivery(body, manner);
    case 'msteams':
      return body.startsWith('Webhook message delivery failed')
        ? { kind: 'retry', why: 'answered 200, but Teams did not take the message' }
        : { kind: 'accepted' };
    case 'status':
      return { kind: 'accepted' };
  }
}

/** An incoming webhook answers `ok`; methods of the Web API answer JSON with `ok` and `error`. */
function slackDelivery(body: string, manner: 'slack-bot' | 'slack'): Delivery {
  const isOk = /"ok"\s*:\s*(true|false)/.exec(body)?.[1];
  if (isOk === 'true' || (isOk === undefined && manner === 'slack')) return { kind: 'accepted' };
  if (isOk === undefined) return { kind: 'retry', why: 'answered 200, but not as Slack does' };
  const error = /"error"\s*:\s*"([a-z_]{1,64})"/.exec(body)?.[1] ?? 'unknown_error';
  return { kind: SLACK_PASSING.has(error) ? 'retry' : 'refused', why: `answered ${error}` };
}

/** Errors that Slack itself is over sooner or later. */
const SLACK_PASSING: ReadonlySet<string> = new Set([
  'ratelimited',
  'rate_limited',
  'message_limit_exceeded',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
  'unknown_error',
]);
