import type { Check } from '../api/status.ts';
import { checksOf } from '../judge/checks.ts';
import type { Measurement } from '../ports/telemetry.ts';
import type { AskedMetric, Known } from './known.ts';

/** One metric of the analysis: what was asked, what came, and what it was held against. */
export interface CheckCase {
  readonly name: string;
  /** How far back it looks. */
  readonly interval: string;
  /** As the controller stored it with its last decision; absent where it had not measured yet. */
  readonly stored?: Check;
  /** The same, asked again by this command of the samples until the comparison ended. */
  readonly replayed?: Check;
  readonly query?: string;
  readonly primaryQuery?: string;
  readonly answeredBy: string;
  /** For which moment of the store's clock the query gives the replayed value. */
  readonly at?: string;
  /** Why there is no query, or why it was not asked again. */
  readonly why?: string;
}

export function checkCases({ canary, asked }: Known): CheckCase[] {
  const { metrics } = canary.spec.analysis;
  const replayed = checksOf(
    canary,
    asked.map(({ measured }) => measured ?? NOT_ASKED),
  );
  const stored = unclaimed(canary.status?.checks ?? []);
  return metrics.map(({ name, interval }, i): CheckCase => {
    const { query, primaryQuery, answeredBy = '', at, measured, why } = asked[i] ?? NOBODY;
    const found = stored(name);
    const again = measured === undefined ? undefined : replayed[i];
    return {
      name,
      interval,
      ...(found && { stored: found }),
      ...(again && { replayed: again }),
      ...(query === undefined ? {} : { query }),
      ...(primaryQuery === undefined ? {} : { primaryQuery }),
      answeredBy,
      ...(at === undefined ? {} : { at: new Date(at).toISOString() }),
      ...(why === undefined ? {} : { why }),
    };
  });
}

const NOT_ASKED: Measurement = { kind: 'no-data', why: 'not asked' };
const NOBODY: Partial<AskedMetric> = {};

/** Stored checks are in the order of the spec, in which a name may stand twice. */
function unclaimed(checks: readonly Check[]): (name: string) => Check | undefined {
  const left = [...checks];
  return (name) => {
    const at = left.findIndex((check) => check.name === name);
    return at < 0 ? undefined : left.splice(at, 1)[0];
  };
}
