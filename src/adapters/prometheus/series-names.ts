import { MESH_LABELS, type MeshSeries } from '../../ports/mesh-series.ts';
import type { Answer, InstantSeries, Labels, RangeSeries } from './answer.ts';
import { BY_CALLERS, BY_OWN, BY_REPORTERS } from './counters.ts';
import { escapeLiteral } from './queries.ts';
import { REPORTERS } from './sources.ts';

/**
 * A query of ours, which speaks of Istio's names, in the store's own. What stands in quotes is a
 * value, and stays.
 */
export function inWordsOf({ prefix, labels, reporters }: MeshSeries, query: string): string {
  const own = new Map<string, string>(labels);
  return query.replaceAll(/reporter=~?"[^"]*"|"(?:[^"\\]|\\.)*"|[a-zA-Z_:][\w:]*/g, (word) => {
    if (word.startsWith('reporter=')) return byReporter(word, own.get('reporter'), reporters);
    if (word.startsWith('istio_')) return prefix + word.slice('istio'.length);
    return own.get(word) ?? word;
  });
}

function byReporter(matcher: string, label = 'reporter', reporters: readonly string[]): string {
  if (matcher === BY_REPORTERS) return `${label}=~"${reporters.map(escapeLiteral).join('|')}"`;
  if (matcher === BY_CALLERS)
    return `${label}=~"${['source', ...reporters.slice(1)].map(escapeLiteral).join('|')}"`;
  if (matcher === BY_OWN) return `${label}="${reporters[0]}"`;
  return matcher.replace('reporter', label);
}

/** The store's labels under Istio's names, and its reporters under those that we tell apart. */
export function inOurWords<S extends RangeSeries | InstantSeries>(
  series: MeshSeries,
  found: readonly S[],
): readonly S[] {
  if (series.labels.size === 0 && hasIstiosReporters(series)) return found;
  return found.map((one) => ({ ...one, metric: labelsOf(series, one.metric) }));
}

function hasIstiosReporters({ reporters }: MeshSeries): boolean {
  return reporters.every((reporter, i) => reporter === REPORTERS[i]);
}

/** The same of an instant query. */
export function inFactsOf(series: MeshSeries, answer: Answer): Answer {
  const { data } = answer;
  if (data.resultType !== 'vector') return answer;
  return { ...answer, data: { ...data, result: inOurWords(series, data.result) } };
}

function labelsOf({ labels, reporters }: MeshSeries, metric: Labels): Labels {
  const ours = MESH_LABELS.flatMap((label) => {
    const value = metric[labels.get(label) ?? label];
    return value === undefined ? [] : [[label, value] as const];
  });
  const renamed: Record<string, string> = { ...metric, ...Object.fromEntries(ours) };
  const place = reporters.indexOf(renamed['reporter'] ?? '');
  const reporter = REPORTERS[place];
  return reporter === undefined ? renamed : { ...renamed, reporter };
}
