import type { Canary } from '../../api/canary.ts';
import type { CanaryWebhook, HookType } from '../../api/webhooks.ts';
import { keyOf, type CanaryKey } from '../../ports/canaries.ts';
import type { Attempt, Attempts, Said } from '../../ports/attempts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { HookAnswer, Hooks } from '../../ports/hooks.ts';
import { ProcessAttempts } from './attempts.ts';
import { callHook, longestCallMs } from './hook-call.ts';
import type { Outgoing } from './outgoing.ts';
import { Slots } from './slots.ts';

export interface HooksOptions {
  readonly outgoing: Outgoing;
  readonly clock: Clock;
  /** Called when there is something new to know: the canary is worth a look. */
  readonly onAnswered: (key: CanaryKey, answer: HookAnswer) => void;
  readonly attempts?: Attempts;
  /** Calls under way at the same time. */
  readonly concurrency?: number;
}

/**
 * Webhooks as gates and checks. A check (`pre-rollout`, `rollout`, `post-rollout`) is called once for
 * an attempt, and what it says stands. A gate (`confirm-*`, `rollback`) is asked again every few
 * seconds for as long as somebody wants to know, and a yes is only good while it is fresh: people
 * open gates, and close them again.
 */
export function createHooks(options: HooksOptions): Hooks & { close(): void } {
  const { clock, outgoing, onAnswered } = options;
  const attempts = options.attempts ?? new ProcessAttempts();
  const slots = new Slots(options.concurrency ?? 256);
  const underWay = new Set<string>();
  const closing = new AbortController();

  async function askOne(canary: Canary, hook: CanaryWebhook, attempt: string): Promise<HookAnswer> {
    const id = JSON.stringify([canary.metadata.uid, hook.type, hook.name, attempt]);
    const known = await attempts.read(id);
    const now = clock.now();
    if (isToBeCalled(hook.type, known, now) && !underWay.has(id) && !closing.signal.aborted) {
      underWay.add(id);
      void slots
        .run(() => call(id, canary, hook))
        .catch(() => {})
        .finally(() => underWay.delete(id));
    }
    return answerOf(hook, known?.said, now);
  }

  async function call(id: string, canary: Canary, hook: CanaryWebhook): Promise<void> {
    const now = clock.now();
    const before = await attempts.read(id);
    const round = (before?.round ?? 0) + 1;
    if (closing.signal.aborted || !isToBeCalled(hook.type, before, now)) return;
    if (!(await attempts.begin(id, round, now, now + longestCallMs(hook) + MARGIN_MS))) return;
    const why = await callHook(canary, hook, outgoing, now, closing.signal);
    if (closing.signal.aborted) return;
    const said: Said = { passed: why === undefined, why: why ?? '', at: clock.now() };
    await attempts.finish(id, round, said);
    underWay.delete(id);
    if (before?.said?.passed !== said.passed) {
      onAnswered(keyOf(canary), answerOf(hook, said, said.at));
    }
  }

  return {
    ask: (canary, type, attempt) =>
      Promise.all(
        canary.spec.analysis.webhooks
          .filter((hook) => hook.type === type)
          .map((hook) => askOne(canary, hook, attempt)),
      ),
    close: () => closing.abort(),
  };
}

/** Between two calls of a gate. */
const ASK_AGAIN_MS = 5000;
/** How long a gate that opened counts as open without having been asked again. */
const FRESH_MS = 15_000;
const MARGIN_MS = 5000;

const GATES: ReadonlySet<HookType> = new Set([
  'confirm-rollout',
  'confirm-traffic-increase',
  'confirm-promotion',
  'rollback',
]);

function isToBeCalled(type: HookType, known: Attempt | undefined, now: number): boolean {
  if (known === undefined) return true;
  if (known.callingUntil > now) return false;
  if (known.said === undefined) return true;
  return GATES.has(type) && now - known.said.at >= ASK_AGAIN_MS;
}

function answerOf(hook: CanaryWebhook, said: Said | undefined, now: number): HookAnswer {
  const { name, type } = hook;
  const title = `webhook ${name} (${type})`;
  const isGate = GATES.has(type);
  if (said === undefined || (isGate && said.passed && now - said.at > FRESH_MS)) {
    return { name, type, outcome: 'unanswered', message: `${title} has not answered yet` };
  }
  if (said.passed) return { name, type, outcome: 'passed', message: `${title} said yes` };
  return isGate
    ? { name, type, outcome: 'pending', message: `${title} does not say yes: ${said.why}` }
    : { name, type, outcome: 'refused', message: `${title} failed: ${said.why}` };
}
