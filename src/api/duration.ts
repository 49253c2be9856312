import { z } from 'zod';
import { ruled } from './rule.ts';

/**
 * Durations as Go and Prometheus both write them: `500ms`, `30s`, `1m30s`, `2h`. Units fall from
 * hours to milliseconds and each occurs once, so that the text can go into a PromQL range as it is.
 */
const SHAPE = '^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?([0-9]{1,6}ms)?$';
const PARTS = /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?(?:(\d{1,6})ms)?$/;
const UNIT_MS = [3_600_000, 60_000, 1000, 1];

/** Milliseconds in a duration, or undefined if the text is none. */
export function parseDuration(text: string): number | undefined {
  const parts = PARTS.exec(text);
  if (parts === null || text === '') return undefined;
  return UNIT_MS.reduce((sum, unit, i) => sum + unit * Number(parts[i + 1] ?? 0), 0);
}

/** Milliseconds in a duration that the schema has already accepted; throws on any other text. */
export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new RangeError(`'${text}' is not a duration such as 30s or 1m30s`);
  return ms;
}

/** The shortest text for a number of milliseconds, `1m30s`; fractions of one are rounded. */
export function formatDuration(ms: number): string {
  let rest = Math.round(ms);
  const text = ['h', 'm', 's', 'ms'].map((name, i) => {
    const unit = UNIT_MS[i] ?? 1;
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    return count === 0 ? '' : `${count}${name}`;
  });
  return text.join('') || '0s';
}

/** A duration of at least `least`, as a schema. */
export function Duration(least: string) {
  const leastMs = durationMs(least);
  const examples = leastMs > 30_000 ? '5m or 1h30m' : '30s or 1m30s';
  return ruled(z.string().max(32), {
    cel: `self.size() > 0 && self.matches('${SHAPE}') && duration(self) >= duration('${least}')`,
    holds: (text: string) => (parseDuration(text) ?? -1) >= leastMs,
    allowed: `a duration of at least ${least}, such as ${examples}`,
  });
}
