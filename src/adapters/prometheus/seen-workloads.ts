import type { SeenWorkload } from '../../ports/telemetry.ts';
import type { PrometheusClient } from './client.ts';
import { WORKLOAD_LABELS } from './counters.ts';
import { escapeLiteral } from './queries.ts';
import { RECORDED } from './recorded.ts';
import { inOurWords, inWordsOf } from './series-names.ts';

/**
 * Which workloads the store has counted requests of in a span, whoever reported them: those whose names
 * begin like the one that is looked for, else any. Of a long span its last day.
 */
export async function seenWorkloads(
  client: PrometheusClient,
  like: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<SeenWorkload[]> {
  const seconds = Math.floor(Math.min(to - from, DAY_MS) / 1000);
  const counter = client.series.isRecorded ? RECORDED.requests : 'istio_requests_total';
  const ask = async (selector: string) => {
    const query = `group by (${WORKLOAD_LABELS}) (last_over_time(${counter}${selector}[${seconds}s]))`;
    const asked = inWordsOf(client.series, query);
    const { data } = await client.range(asked, { from: to, to, step: 1000 });
    if (data.resultType !== 'matrix') return [];
    return asTheyAre(client, data.result);
  };
  const alike = await ask(`{destination_workload=~"${escapeLiteral(like)}.*"}`);
  return alike.length > 0 ? alike : ask('');
}

const DAY_MS = 86_400_000;

/** What the store calls a reporter is what somebody must be told. */
function asTheyAre(
  { series }: PrometheusClient,
  found: Parameters<typeof inOurWords>[1],
): SeenWorkload[] {
  const own = series.labels.get('reporter') ?? 'reporter';
  const renamed = inOurWords(series, found);
  return renamed.map(({ metric }, i) => ({
    reporter: found[i]?.metric[own] ?? '',
    namespace: metric['destination_workload_namespace'] ?? '',
    name: metric['destination_workload'] ?? '',
  }));
}
