import type { Canary } from '../api/canary.ts';
import type { Finding } from '../decide/observation.ts';

/**
 * What the analysis asks for that Services alone cannot do. It is not refused, as Flagger does not
 * refuse it either: the rollout is blue-green, and this says so.
 */
export function withoutMesh({ spec }: Canary): Finding[] {
  if (spec.provider !== 'kubernetes' || spec.skipAnalysis) return [];
  const { analysis } = spec;
  const ignored: Ignored[] = SPLITTING.filter((field) => analysis[field] !== undefined);
  if (analysis.mirror) ignored.push('mirror');
  if (ignored.length === 0) return [];
  const fields = ignored.map((field) => `spec.analysis.${field}`).join(', ');
  const message = `${fields}: found with provider kubernetes, which can neither split nor copy traffic, so they are ignored and the canary is released blue-green by ${analysis.iterations} iterations; allowed is iterations, or provider istio`;
  return [{ reason: 'IgnoredWithoutMesh', severity: 'warning', message }];
}

type Ignored = (typeof SPLITTING)[number] | 'mirror';

const SPLITTING = ['stepWeight', 'stepWeights', 'match', 'sessionAffinity'] as const;
