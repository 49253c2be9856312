import type { SeenWorkload } from '../ports/telemetry.ts';
import { countsWithin, type History } from './history.ts';

/** Whose requests were looked for. */
export interface Wanted {
  readonly namespace: string;
  /** Workloads of both versions. */
  readonly names: readonly string[];
  /** Values of the label `reporter` that are believed. */
  readonly reporters: readonly string[];
  /** As the store names it. */
  readonly counter: string;
}

/**
 * Why a history is empty, as far as what the store has instead tells it: one sentence that says what to
 * change.
 *
 * @param seen undefined where the store could not tell.
 */
export function nothingSeen(wanted: Wanted, seen: readonly SeenWorkload[] | undefined): string {
  const { namespace, names, counter } = wanted;
  const none = `${counter} has no sample of ${names.join(' or ')} in namespace ${namespace} in this history`;
  if (seen === undefined) return `${none}.`;
  const ours = seen.filter((one) => names.includes(one.name) && one.namespace === namespace);
  if (seen.length === 0) return `${none}, nor of any other workload.`;
  if (ours.length > 0) return otherReporter(wanted, ours);
  const elsewhere = seen.filter(({ name }) => names.includes(name));
  if (elsewhere.length > 0) {
    const others = listed(elsewhere.map((one) => one.namespace));
    return others === ''
      ? `${none}: its series lack the label destination_workload_namespace (--metric-labels says what it is called).`
      : `${none}; in ${others} it has.`;
  }
  const workloads = seen.map((one) => `${one.namespace}/${one.name}`);
  if (seen.every(({ name }) => name === '')) {
    return `${none}: its series lack the label destination_workload (--metric-labels says what it is called).`;
  }
  const alike = seen.filter((one) => one.namespace === namespace && one.name.startsWith(names[0]!));
  const hint =
    alike.length < 2 ? '' : `; versions side by side are named by --versions ${pair(alike)}`;
  return `${none}; it has some of ${listed(workloads)}${hint}.`;
}

function otherReporter({ reporters, counter }: Wanted, ours: readonly SeenWorkload[]): string {
  const found = [...new Set(ours.map(({ reporter }) => reporter))];
  const names = listed(ours.map(({ name }) => name));
  const believed = reporters.join(' and ');
  if (found.includes('')) {
    return `${counter} of ${names} has no label reporter: --metric-reporters none believes it.`;
  }
  const shown = found.map((value) => `"${value}"`).join(', ');
  return `${counter} of ${names} is reported by ${shown} only, and ${believed} are believed: --metric-reporters ${found[0]} believes it.`;
}

function pair(seen: readonly SeenWorkload[]): string {
  return [...new Set(seen.map(({ name }) => name))].sort().join(',');
}

/** Each once; of many, the first. */
function listed(values: readonly string[]): string {
  const all = [...new Set(values)].sort();
  return all.length > SHOWN
    ? `${all.slice(0, SHOWN).join(', ')} and ${all.length - SHOWN} more`
    : all.join(', ');
}

const SHOWN = 6;

/** Where every request of a history failed, its labels rather than its versions are to blame. */
export function allFailed(history: Pick<History, 'span'>): string[] {
  const { canary, primary } = countsWithin(history, { after: -Infinity, until: Infinity });
  const requests = canary.requests + primary.requests;
  if (requests === 0 || canary.bad + primary.bad < requests) return [];
  return [
    `All ${Math.round(requests)} requests of both versions failed: if they did not, their series lack the label response_code (--metric-labels says what it is called).`,
  ];
}
