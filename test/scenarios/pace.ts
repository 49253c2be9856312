import { vi } from 'vitest';
import type { Play } from './play.ts';

/** How often a workload is scraped, every five seconds or more often, can be told after a minute. */
export async function untilPaceIsKnown(
  { stage, namespace }: Play,
  workload: string,
  prometheusUrl = stage.prometheusUrl,
): Promise<void> {
  const of = `destination_workload_namespace="${namespace}",destination_workload="${workload}-primary"`;
  const query = `max(count_over_time(istio_requests_total{${of}}[1m])) > 11`;
  const url = `${prometheusUrl}/api/v1/query?query=${encodeURIComponent(query)}`;
  const known = async () => {
    const { data } = (await (await fetch(url)).json()) as { data: { result: unknown[] } };
    if (data.result.length === 0) throw new Error(`${workload} has not been scraped for a minute`);
  };
  await vi.waitFor(known, { timeout: 90_000, interval: 500 });
}
