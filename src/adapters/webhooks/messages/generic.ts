import type { Canary } from '../../../api/canary.ts';
import type { Message } from '../../../api/status.ts';

/**
 * Linnet's own JSON, for receivers that people write themselves: a promise that is documented in
 * docs/guides/notifications.md. Fields are added, never renamed or removed. What describes the state
 * (`phase`, `weight`, `revision`, `verdict`, `checks`) is that of the delivery.
 */
export function genericBody(canary: Canary, message: Message, idempotencyKey: string): unknown {
  const { namespace, name } = canary.metadata;
  const { status } = canary;
  return {
    name,
    namespace,
    phase: status?.phase ?? null,
    kind: message.kind,
    severity: message.severity,
    text: message.text,
    verdict: status?.verdict ?? null,
    weight: status?.canaryWeight ?? 0,
    revision: status?.revision ?? null,
    checks: (status?.checks ?? []).map((check) => ({
      name: check.name,
      outcome: check.outcome,
      measured: check.measured ?? null,
      allowed: check.allowed ?? null,
      message: check.message ?? null,
    })),
    at: message.at,
    n: message.n,
    idempotencyKey,
  };
}
