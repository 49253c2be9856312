import { writeFile } from 'node:fs/promises';
import { createApiClient } from '../adapters/kubernetes/client.ts';
import { serverClock } from '../adapters/kubernetes/clock.ts';
import { connectionFrom } from '../adapters/kubernetes/kubeconfig.ts';
import { openPast, type Past } from '../adapters/prometheus/past.ts';
import type { Canary } from '../api/canary.ts';
import { parseCanary } from '../api/parse.ts';
import { problemSentence } from '../api/problem.ts';
import { type Case, caseOf, noCase } from '../explain/case.ts';
import { jsonDocument } from '../explain/document.ts';
import { isUnread, type Unread } from '../explain/known.ts';
import { htmlPage } from '../explain/page.ts';
import { terminalText } from '../explain/terminal.ts';
import { CANARY_KIND } from '../ports/kinds.ts';
import { VERSION } from '../version.ts';
import { readKnown } from './explain-known.ts';
import { pastServer, type PastServerOptions } from './past-server.ts';

export interface ExplainOptions extends PastServerOptions {
  readonly kubeconfig?: string | undefined;
  readonly namespace?: string | undefined;
  readonly output: 'text' | 'json';
  /** File for a page. */
  readonly html?: string | undefined;
}

/**
 * `linnet explain NAME`: the whole case of the present or last rollout, from the Canary and Prometheus
 * alone. Answers the exit code: 1 where there is no case, or where Prometheus could not be asked for it.
 */
export async function explain(name: string, options: ExplainOptions): Promise<number> {
  const connection = connectionFrom({ kubeconfig: options.kubeconfig });
  const clock = serverClock();
  const api = createApiClient({ connection, version: VERSION, clock });
  const namespace = options.namespace ?? connection.namespace ?? 'default';
  try {
    const raw = await api.get(CANARY_KIND, namespace, name);
    if (raw === undefined) return refuse(`There is no Canary ${name} in namespace ${namespace}.`);
    const read = parseCanary(raw);
    if (!read.ok) {
      const why = read.problems.map(problemSentence).join('; ');
      return refuse(`Canary ${namespace}/${name} cannot be read: ${why}`);
    }
    const why = noCase(read.canary);
    if (why !== undefined) return refuse(why);
    const past = pastFor(read.canary, options);
    try {
      const known = await readKnown(read.canary, { api, past, now: clock.now() });
      await show(caseOf(known), options);
      return isUnread(known.counted) ? refuse(adviceOn(known.counted, options)) : 0;
    } finally {
      past.close();
    }
  } finally {
    await api.close();
  }
}

function refuse(sentence: string): number {
  process.stderr.write(`${sentence}\n`);
  return 1;
}

function adviceOn({ why, isUnnamed }: Unread, { prometheus }: ExplainOptions): string {
  if (isUnnamed) return `Without its counters this is only what the Canary itself says: ${why}`;
  const advice =
    prometheus === undefined
      ? '; --prometheus names one that this machine reaches, for example by kubectl port-forward'
      : '';
  return `Without Prometheus this is only what the Canary itself says: ${why}${advice}`;
}

/** The one that is named here, else the Canary's own, else the one that `linnet run` would ask. */
function pastFor({ spec }: Canary, options: ExplainOptions): Past {
  const server = pastServer(options);
  const named = options.prometheus === undefined ? spec.metricsServer : undefined;
  // Our credentials are for our server; what a manifest names gets none.
  if (named !== undefined && named !== server.url)
    return openPast({ url: named, series: server.series });
  return openPast(server);
}

async function show(told: Case, { output, html }: ExplainOptions): Promise<void> {
  if (html !== undefined) {
    await writeFile(html, htmlPage(told));
    process.stderr.write(`The page is in ${html}.\n`);
  }
  process.stdout.write(`${output === 'json' ? jsonDocument(told) : terminalText(told)}\n`);
}
