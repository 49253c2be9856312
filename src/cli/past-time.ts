import { DateTime } from 'luxon';
import { parseDuration } from '../api/duration.ts';
import { show } from '../api/problem.ts';
import { ConfigError } from '../config.ts';

/**
 * A time as people write it on a command line: RFC 3339, seconds since 1970 as Prometheus' own API takes
 * them, `now`, or so long before now, `-24h` or `-7d`.
 *
 * @throws ConfigError on anything else.
 */
export function pastTime(option: string, text: string, now: number): number {
  if (text === 'now') return now;
  const before = text.startsWith('-') ? durationOf(text.slice(1)) : undefined;
  if (before !== undefined) return now - before;
  if (UNIX_SECONDS.test(text)) return Number(text) * 1000;
  const read = RFC_3339.test(text) ? DateTime.fromISO(text) : undefined;
  if (read?.isValid === true) return read.toMillis();
  throw new ConfigError(
    `${option}: found ${show(text)}, allowed is a time such as 2026-11-21T09:00:00Z, 1795251600, now, or -24h`,
  );
}

/** Of this century: with three digits more they are milliseconds, with fewer nobody's metrics. */
const UNIX_SECONDS = /^\d{10}(\.\d{1,3})?$/;
/** With a zone: a time of no place is another everywhere. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

function durationOf(text: string): number | undefined {
  const days = /^(\d{1,4})d$/.exec(text)?.[1];
  return days === undefined ? parseDuration(text) : Number(days) * 86_400_000;
}
