import { setTimeout as pause } from 'node:timers/promises';
import type { Canary } from '../../api/canary.ts';
import { isKey } from '../../api/concealed.ts';
import { durationMs } from '../../api/duration.ts';
import type { CanaryWebhook } from '../../api/webhooks.ts';
import { hookPayload } from './hook-payload.ts';
import { type Answer, type Outgoing, redirected } from './outgoing.ts';
import { shownAnswer } from './shown-answer.ts';

/**
 * Calls a webhook, again up to `retries` times while it gives no answer or a passing one (429, 5xx).
 * Undefined when it said yes (2xx), or why it did not, in words that follow its name. Never rejects.
 */
export async function callHook(
  canary: Canary,
  hook: CanaryWebhook,
  outgoing: Outgoing,
  now: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const body = hookPayload(canary, hook, now);
  for (let retry = 0; ; retry += 1) {
    const answer = await outgoing.post({
      url: hook.url,
      body,
      deadlineMs: durationMs(hook.timeout),
      anyCertificate: hook.disableTLS,
      signal,
    });
    if (retry >= hook.retries || !isPassing(answer) || signal.aborted)
      return verdictOf(answer, hook);
    await pause(pauseMs(retry, answer), undefined, { signal }).catch(() => {});
  }
}

/** The longest that a call with all its retries may take, in milliseconds. */
export function longestCallMs({ timeout, retries }: CanaryWebhook): number {
  return (retries + 1) * durationMs(timeout) + retries * LONGEST_PAUSE_MS;
}

const LONGEST_PAUSE_MS = 30_000;

function pauseMs(retry: number, answer: Answer): number {
  const asked = answer.kind === 'answered' ? answer.retryAfterMs : undefined;
  return Math.min(LONGEST_PAUSE_MS, asked ?? 1000 * 2 ** Math.min(retry, 5));
}

function isPassing(answer: Answer): boolean {
  if (answer.kind === 'unanswered') return !answer.isFinal;
  return answer.code === 429 || (answer.code >= 500 && answer.code !== 501);
}

function verdictOf(answer: Answer, hook: CanaryWebhook): string | undefined {
  if (answer.kind === 'unanswered') return answer.why;
  if (answer.code >= 200 && answer.code < 300) return undefined;
  if (answer.code >= 300 && answer.code < 400) return redirected(answer.code);
  const shown = shownAnswer(answer.body, secretsOf(hook));
  return `answered ${answer.code}${shown === '' ? '' : `: ${shown}`}`;
}

/** What a receiver is sent that nobody else should see: the address, and keys among the metadata. */
export function secretsOf({ url, metadata = {} }: CanaryWebhook): string[] {
  return [url, ...Object.values(metadata).filter(isKey)];
}
