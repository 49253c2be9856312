import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { configuration } from './prometheus.ts';

test('the configuration scrapes each job at the interval', () => {
  const text = configuration({ jobs: { mesh: ['a:1', 'b:2'], linnet: ['c:3'] } });
  expect(parse(text)).toEqual({
    global: { scrape_interval: '1000ms', scrape_timeout: '1000ms', evaluation_interval: '1000ms' },
    scrape_configs: [
      { job_name: 'mesh', static_configs: [{ targets: ['a:1', 'b:2'] }] },
      { job_name: 'linnet', static_configs: [{ targets: ['c:3'] }] },
    ],
  });
});
