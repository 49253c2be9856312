import { expect, it } from 'vitest';
import { aHistory, EDGE_MS, START, type Stretch } from '../../test/builders/history.ts';
import { afterFirstSamples, LEAD_MS } from './history.ts';

const LEAD = LEAD_MS / EDGE_MS;
const silence = (edges: number): Stretch => ({ edges, isGap: true });

/** Of a span that begins `LEAD_MS` after what was read: `x` where there are samples, `.` where not. */
function kept(...stretches: Stretch[]): string {
  const from = START + LEAD_MS;
  const { edges } = afterFirstSamples(aHistory(stretches).span, from, EDGE_MS);
  expect(edges[0]?.to).toBe(from + EDGE_MS);
  return edges.map(({ primary }) => (primary === undefined ? '.' : 'x')).join('');
}

it.each<[string, Stretch[], string]>([
  ['what was sampled all the time is kept', [{ edges: LEAD + 6 }], 'xxxxxx'],
  [
    'counters that come out of nowhere bring what they had',
    [silence(LEAD), { edges: 6 }],
    '..xxxx',
  ],
  ['later as well', [silence(LEAD + 2), { edges: 6 }], '....xxxx'],
  ['those that began before the span are known', [silence(LEAD - 5), { edges: 11 }], 'xxxxxx'],
  [
    'a gap of minutes is bridged',
    [{ edges: LEAD + 2 }, silence(20), { edges: 2 }],
    `xx${'.'.repeat(20)}xx`,
  ],
  [
    'a gap of ten is not',
    [{ edges: LEAD }, silence(LEAD), { edges: 4 }],
    `${'.'.repeat(LEAD + 2)}xx`,
  ],
])('%s', (_, stretches, shown) => {
  expect(kept(...stretches)).toBe(shown);
});
