import { FLAGGER_METRICS, METRICS } from '../../src/server/metrics.ts';
import { formatted, type GeneratedFile } from './file.ts';

const INTRODUCTION = `# Metrics

What \`/metrics\` has, on the port that \`--port\` names. Generated from \`src/server/metrics.ts\` by
\`npm run generate\`.

What is said of a Canary is read from its status when the metrics are scraped, so all replicas say the
same; take the \`max\` over them. What a process counts (names that end in \`_total\`, durations) is each
replica's own; take the \`sum\`.
`;

const FLAGGER = `## Under Flagger's names

Only with \`--flagger-metrics\`, so that dashboards and alerts made for Flagger go on.
`;

const PROCESS = `## Of the process

What [prom-client](https://github.com/siimon/prom-client) tells of every Node program: \`process_*\`
(processor time, memory, open files) and \`nodejs_*\` (heap, garbage collection, event loop).
`;

/** docs/reference/metrics.md: one line a metric. */
export function metricsReference(): Promise<GeneratedFile[]> {
  const own = Object.values(METRICS).map(itemOf).join('\n');
  const flagger = Object.values(FLAGGER_METRICS).map(itemOf).join('\n');
  const text = [INTRODUCTION, '## Own\n', own, '', PROCESS, FLAGGER, flagger].join('\n');
  return formatted('docs/reference/metrics.md', text);
}

interface Described {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

function itemOf({ name, help, labelNames }: Described): string {
  const labels = labelNames.length === 0 ? '' : ` (by ${labelNames.map(code).join(', ')})`;
  return `- ${code(name)}${labels}: ${help}`;
}

function code(text: string): string {
  return `\`${text}\``;
}
