import type { BlockCase, GuardCase } from './guard-case.ts';

/** How the evidence of one signal went, block by block. */
export interface EvidenceLine {
  readonly signal: Signal;
  /** What the signal means, for a heading. */
  readonly title: string;
  /** From this score on it convicts; in nats. */
  readonly line: number;
  readonly points: readonly EvidencePoint[];
}

export interface EvidencePoint {
  /** End of the block. */
  readonly at: string;
  /** Undefined where nothing was known of it yet. */
  readonly score: number | undefined;
  readonly kind: BlockCase['kind'];
  readonly weight: number;
}

export type Signal = 'errors' | 'latency' | 'slo';

const TITLES: Record<Signal, (counted: string) => string> = {
  errors: (counted) => `failed ${counted} beside the primary’s`,
  latency: () => 'slow requests beside the primary’s',
  slo: (counted) => `failed ${counted} beside what the SLO allows`,
};

/** The signals that were gathered: the one that convicts first, else the one that comes nearest to it. */
export function evidenceLines({
  counted,
  blocks,
  rules,
  accusations,
  ruling,
}: GuardCase): EvidenceLine[] {
  if (rules === undefined) return [];
  const convicting = ruling?.outcome === 'rollback' ? accusations[0]?.signal : undefined;
  const rank = (one: EvidenceLine) => (one.signal === convicting ? Infinity : loudness(one));
  const signals: readonly Signal[] = ['errors', 'latency', 'slo'];
  return signals
    .filter(
      (signal) =>
        isGathered(signal, rules) && blocks.some((block) => block.evidence[signal] !== undefined),
    )
    .map((signal): EvidenceLine => {
      const line = accusations.find((one) => one.signal === signal)?.line ?? rules.line;
      const points = blocks.map(({ to, kind, weight, evidence }) => {
        return { at: to, score: kind === 'unknown' ? undefined : evidence[signal], kind, weight };
      });
      return { signal, title: TITLES[signal](counted), line, points };
    })
    .toSorted((a, b) => rank(b) - rank(a));
}

/** What is off has a score that never moves. */
function isGathered(signal: Signal, { errors, latency }: NonNullable<GuardCase['rules']>): boolean {
  if (signal === 'latency') return latency !== undefined;
  return signal === 'errors' ? errors !== undefined : errors?.slo !== undefined;
}

function loudness({ points, line }: EvidenceLine): number {
  return (points.findLast(({ score }) => score !== undefined)?.score ?? -Infinity) / line;
}
