import type { Facts } from './facts.ts';
import { growthQueries, recordedQueries } from './queries.ts';
import type { Watched } from './watched.ts';

/** What each recorded series holds: by how much counters grew in so long, as of so long ago. */
export const RECORDED_MS = 5000;

/** Names of what the rules record. */
export const RECORDED = {
  requests: 'linnet:requests:growth5s',
  losses: 'linnet:requests_lost:growth5s',
  durations: 'linnet:request_durations:growth5s',
} as const;

const EVERY_S = RECORDED_MS / 1000;

/**
 * The rules that record them, for a Prometheus that scrapes the mesh. They look five seconds back:
 * a sample whose scrape had not ended when they were evaluated would be lost. Where there were no
 * samples of anything before, nobody can tell what is new, and nothing is recorded.
 */
export function recordingRules() {
  const { requests, losses, durations } = growthQueries(EVERY_S, EVERY_S);
  const known = `count(last_over_time(up[10m] offset ${2 * EVERY_S}s))`;
  const rule = (record: string, expr: string) => ({ record, expr: `(${expr}) and on () ${known}` });
  return {
    groups: [
      {
        name: 'linnet',
        interval: `${EVERY_S}s`,
        rules: [
          rule(RECORDED.requests, requests),
          rule(RECORDED.losses, losses),
          rule(RECORDED.durations, durations),
        ],
      },
    ],
  };
}

/** The queries of a sweep that reads them: one fewer than without. */
export function recordedSweep(watched: readonly Watched[], blockMs: number) {
  return recordedQueries(watched, blockMs, RECORDED, EVERY_S);
}

/** A rule's block is as long as ours, and can be read when it has looked back and written. */
export function asRecorded(facts: Facts): Facts {
  const { convergenceMs = 2000 } = facts;
  return {
    ...facts,
    blockMs: RECORDED_MS,
    lagMs: facts.lagMs + RECORDED_MS + WRITTEN_MS,
    // Its blocks begin when the rules are evaluated, up to one before ours.
    convergenceMs: convergenceMs + RECORDED_MS,
  };
}

const WRITTEN_MS = 1000;
