import logUpdate from 'log-update';
import type { Canary } from '../api/canary.ts';
import { parseCanary } from '../api/parse.ts';
import { createApiClient } from '../adapters/kubernetes/client.ts';
import { serverClock } from '../adapters/kubernetes/clock.ts';
import { connectionFrom } from '../adapters/kubernetes/kubeconfig.ts';
import type { ApiClient, KubeObject } from '../ports/cluster.ts';
import { CANARY_KIND } from '../ports/kinds.ts';
import { VERSION } from '../version.ts';
import { clip } from './clip.ts';
import { canaryView, fleetView } from './status-view.ts';

export interface StatusOptions {
  readonly kubeconfig?: string | undefined;
  readonly namespace?: string | undefined;
  readonly allNamespaces?: boolean | undefined;
  readonly watch?: boolean | undefined;
}

/** `linnet status [NAME] [--watch]`: how the canaries are. Reads from the cluster only. */
export async function showStatus(
  name: string | undefined,
  options: StatusOptions,
): Promise<number> {
  const connection = connectionFrom({ kubeconfig: options.kubeconfig });
  const clock = serverClock();
  const api = createApiClient({ connection, version: VERSION, clock });
  // One name is looked up in one namespace; the fleet is everywhere unless one is named.
  const here =
    options.namespace ?? (name === undefined ? undefined : (connection.namespace ?? 'default'));
  const scope = { name, namespace: options.allNamespaces === true ? undefined : here };
  try {
    const first = await list(api, scope);
    if (name !== undefined && first.canaries.length === 0) {
      process.stderr.write(`There is no Canary ${name} in namespace ${here}.\n`);
      return 1;
    }
    const view = () => fitted(viewOf(name, first.canaries, clock.now()));
    if (options.watch !== true) process.stdout.write(`${view()}\n`);
    else await follow(api, scope, first, view);
    return 0;
  } finally {
    await api.close();
  }
}

interface Scope {
  readonly name: string | undefined;
  readonly namespace: string | undefined;
}

interface Listed {
  readonly canaries: Canary[];
  readonly resourceVersion: string;
}

/** On a terminal a line stays a line; whoever reads by program gets all of it. */
function fitted(view: string): string {
  const { isTTY, columns } = process.stdout;
  if (!isTTY) return view;
  return view
    .split('\n')
    .map((line) => clip(line, columns))
    .join('\n');
}

function viewOf(name: string | undefined, canaries: readonly Canary[], now: number): string {
  return name === undefined
    ? fleetView(canaries, now)
    : canaries.map((canary) => canaryView(canary, now)).join('\n\n');
}

async function list(api: ApiClient, { name, namespace }: Scope): Promise<Listed> {
  const { items, resourceVersion } = await api.list(CANARY_KIND, { namespace });
  const canaries = items
    .flatMap(readable)
    .filter(({ metadata }) => (name ?? metadata.name) === metadata.name);
  return { canaries, resourceVersion };
}

/** One that does not parse is shown by the controller's condition; here it is left out. */
function readable(object: KubeObject): Canary[] {
  const read = parseCanary(object);
  return read.ok ? [read.canary] : [];
}

/** Redraws in place on a terminal, prints what changed otherwise; until the watch or `Ctrl-C` ends it. */
async function follow(
  api: ApiClient,
  scope: Scope,
  { canaries, resourceVersion }: Listed,
  view: () => string,
): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const draw = painter(view);
  const clockTick = setInterval(draw, 1000);
  draw();
  try {
    const events = api.watch(CANARY_KIND, {
      namespace: scope.namespace,
      resourceVersion,
      signal: stop.signal,
    });
    for await (const event of events) {
      if (event.type === 'BOOKMARK') continue;
      replace(canaries, event.object, event.type === 'DELETED', scope.name);
      draw();
    }
  } finally {
    clearInterval(clockTick);
    logUpdate.done();
  }
}

function painter(view: () => string): () => void {
  let last = '';
  return () => {
    const text = view();
    if (process.stdout.isTTY) logUpdate(text);
    else if (text !== last) process.stdout.write(`${text}\n\n`);
    last = text;
  };
}

function replace(
  canaries: Canary[],
  object: KubeObject,
  gone: boolean,
  name: string | undefined,
): void {
  const { uid } = object.metadata;
  const at = canaries.findIndex(({ metadata }) => metadata.uid === uid);
  if (at >= 0) canaries.splice(at, 1);
  if (!gone && (name ?? object.metadata.name) === object.metadata.name)
    canaries.push(...readable(object));
}
