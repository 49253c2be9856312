import { advance } from '../../src/judge/guard/advance.ts';
import type { Block, VersionCounts } from '../../src/judge/guard/block.ts';
import { rule } from '../../src/judge/guard/ruling.ts';
import { newState } from '../../src/judge/guard/state.ts';
import { parametersOf } from './methods.ts';

/** Bounds of Istio's histogram of durations, in milliseconds. */
const BOUNDS = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000,
  1_800_000, 3_600_000,
];

/** What one decision of one canary takes: a block of errors and of all durations, and the ruling. */
export function decisionCost(): string {
  const parameters = parametersOf({});
  const blocks = Array.from({ length: 1000 }, (_, i) => healthyBlock(i));
  const round = () => {
    let state = newState(parameters, 'r', 0);
    const before = process.cpuUsage();
    for (const block of blocks) {
      state = advance(state, block, parameters);
      if (rule(state, parameters).outcome === 'rollback') throw new Error('a healthy canary');
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / blocks.length;
  };
  const rounds = Array.from({ length: 30 }, round).toSorted((a, b) => a - b);
  const median = rounds[15] ?? 0;
  return [
    `${median.toFixed(0)} us of processor time for one decision about one canary, a block of errors and of durations at`,
    `${BOUNDS.length} bounds and the ruling on it (median of ${rounds.length} rounds of ${blocks.length}).`,
  ].join('\n');
}

function healthyBlock(index: number): Block {
  const version = (requests: number): VersionCounts => ({
    requests,
    bad: 0,
    durations: {
      requests,
      within: BOUNDS.map((bound, i) => [bound, Math.min(requests, (requests * i) / 9)]),
    },
  });
  const times = { from: index * 5000, to: (index + 1) * 5000 };
  const place = { step: 1, weight: 10, isVoid: false, isWarm: true };
  return { ...times, ...place, canary: version(100), primary: version(900) };
}
