import { describe, expect, it } from 'vitest';
import type { EvidencePoint } from './evidence-line.ts';
import { evidenceChart } from './terminal-chart.ts';

const point = (i: number, score: number | undefined, kind: EvidencePoint['kind'] = 'weighed') => ({
  at: new Date(Date.UTC(2026, 10, 21, 9) + i * 5000).toISOString(),
  score,
  kind,
  weight: 20,
});
const evidence = (points: readonly EvidencePoint[], line = 6) => ({
  signal: 'errors' as const,
  title: 'failures',
  line,
  points,
});
const scores = (...all: number[]) => evidence(all.map((score, i) => point(i, score)));

describe('the chart of the evidence', () => {
  it('grows towards the line, and past it', () => {
    expect(evidenceChart(scores(-1, 3, 9), { width: 10, height: 3 })).toEqual([
      '       │  █',
      '   6.0 ┼╌╌█╌ convicts',
      '     0 │ ██',
      '       └───',
      '        .  (. speaks for the canary)',
      '        09:00:00',
    ]);
  });

  it('keeps the line in sight where nothing speaks against the canary', () => {
    const chart = evidenceChart(scores(-1, -2, -3), { width: 10, height: 4 });
    expect(chart[0]).toBe('   6.0 ┼╌╌╌╌ convicts');
    expect(chart.slice(1, 4).join('')).not.toMatch(/[▁-█]/);
  });

  it('marks what does not count, also where columns are joined', () => {
    const points = Array.from({ length: 40 }, (_, i) => point(i, 1, i === 7 ? 'void' : 'weighed'));
    const chart = evidenceChart(evidence(points), { width: 10, height: 3 });
    const marks = chart.find((line) => line.includes('(x void)')) ?? '';
    expect(marks.indexOf('x')).toBe('       └'.length + 1);
  });

  it('says nothing of what is unknown', () => {
    const chart = evidenceChart(evidence([point(0, undefined, 'unknown'), point(1, 6)]), {
      width: 10,
      height: 2,
    });
    expect(chart).toContain('        ?  (? waits or unknown)');
  });

  it('is no wider than it may be, however many blocks there were', () => {
    const chart = evidenceChart(scores(...Array.from({ length: 5000 }, (_, i) => i % 7)), {
      width: 60,
      height: 5,
    });
    const axis = chart.find((line) => line.includes('└')) ?? '';
    expect(axis.length - '       └'.length).toBeLessThanOrEqual(60);
  });
});
