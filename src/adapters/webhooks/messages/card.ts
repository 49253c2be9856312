import type { Canary } from '../../../api/canary.ts';
import type { Check, Message, MessageKind, Severity } from '../../../api/status.ts';

/** What every format shows of a message, as plain text. */
export interface Card {
  /** `shop/checkout: promoted`; names and fixed words only. */
  readonly title: string;
  readonly text: string;
  readonly facts: readonly Fact[];
  readonly severity: Severity;
  /** `#rrggbb` */
  readonly color: string;
  /** When it happened, in milliseconds since 1970. */
  readonly at: number;
}

export interface Fact {
  readonly name: string;
  readonly value: string;
}

export function cardOf(canary: Canary, message: Message): Card {
  const { namespace, name } = canary.metadata;
  return {
    title: `${namespace}/${name}: ${WORDS[message.kind]}`,
    text: plain(message.text),
    facts: factsOf(canary, message).map((fact) => ({ ...fact, value: plain(fact.value) })),
    severity: message.severity,
    color: message.kind === 'promoted' ? GREEN : COLORS[message.severity],
    at: Date.parse(message.at),
  };
}

const WORDS: Record<MessageKind, string> = {
  initialized: 'initialized',
  started: 'rollout started',
  progress: 'in progress',
  waiting: 'waiting for a person',
  stuck: 'stuck',
  promoted: 'promoted',
  failed: 'failed',
  stalled: 'cannot go on',
  terminated: 'handed back',
};

const GREEN = '#2eb67d';
const COLORS: Record<Severity, string> = { info: '#3b82f6', warn: '#ecb22e', error: '#d32f2f' };

/**
 * The state beside the text. The outbox keeps the text of a message but not the state of its time:
 * beside an older message the present state would mislead, so only the newest has it.
 */
function factsOf({ spec, status }: Canary, message: Message): Fact[] {
  if (status === undefined || message.n !== status.messages) return [];
  const facts: Record<string, string | undefined> = {
    Weight: weightText(message.kind, status.canaryWeight, status.peakWeight),
    'Failed checks':
      status.startedAt === undefined
        ? undefined
        : `${status.failedChecks} of ${spec.analysis.threshold}`,
    Revision: status.revision,
    Verdict: status.verdict,
    Checks: status.checks?.slice(0, MOST_CHECKS).map(checkLine).join('\n'),
  };
  return Object.entries(facts).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [{ name, value }],
  );
}

const MOST_CHECKS = 6;

/** Once it is over the weight is 0: what people ask is how far it came. */
function weightText(kind: MessageKind, now: number, peak: number | undefined): string | undefined {
  if (kind !== 'promoted' && kind !== 'failed') return now > 0 ? `${now} %` : undefined;
  return peak === undefined ? undefined : `reached ${peak} %`;
}

function checkLine({ name, measured, allowed, outcome }: Check): string {
  const against = allowed === undefined ? '' : ` (allowed ${allowed})`;
  return `${outcome} ${name}${measured === undefined ? '' : `: ${measured}`}${against}`;
}

/** Without control characters and without those that turn the direction of what follows. */
function plain(text: string): string {
  return text.replaceAll(/(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, ' ');
}
