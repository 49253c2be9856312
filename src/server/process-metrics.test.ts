import { expect, test } from 'vitest';
import { processMetrics } from './process-metrics.ts';

test('tells what the process uses, and is observed once however often it is asked for', async () => {
  const text = await processMetrics().metrics();
  for (const name of ['process_resident_memory_bytes', 'nodejs_heap_size_used_bytes']) {
    expect(Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1])).toBeGreaterThan(1e6);
  }
  expect(processMetrics()).toBe(processMetrics());
});
