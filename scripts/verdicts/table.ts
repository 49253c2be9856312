import { type Cell, GOOD_WEATHER } from './cells.ts';
import { foundShare, medianDelay, NOTHING, type Tally } from './tally.ts';

export interface Result {
  readonly cell: Cell;
  readonly tally: Tally;
}

/** Percent of healthy versions that were rolled back: of each row, the worst traffic. */
export function healthyTable(results: readonly Result[]): string {
  const rows = results.filter(({ cell }) => cell.table === 'healthy');
  return markdown(rows, 'healthy canary', (of) => {
    const shares = of.map(({ tally }) => tally.rolledBack / tally.runs);
    return of.length === 0 ? '' : percent(Math.max(...shares));
  });
}

/** Share found, seconds until then and failed requests of the canary, for one traffic. */
export function faultTable(results: readonly Result[], situation: string): string {
  const rows = results.filter(({ cell }) => isIn(cell, 'faults', situation));
  return markdown(rows, situation, (of) => found(of[0]?.tally, true));
}

/** The same of one method, for every other traffic. */
export function otherTrafficTable(results: readonly Result[], method: string, but: string): string {
  const rows = results.filter(
    ({ cell }) => cell.table === 'faults' && cell.method.name === method && cell.situation !== but,
  );
  const situations = situationsOf(rows, 'faults');
  const head = [method, ...situations.map((situation) => situation.replace(/ errors$/, ''))];
  const faults = [...new Set(rows.map(({ cell }) => cell.row))];
  return lines(
    head,
    faults.map((row) => [
      row,
      ...situations.map((situation) => found(tallyIn(rows, { row, situation, method }), true)),
    ]),
  );
}

/** Share found and seconds until then, for one traffic; nothing fails. */
export function durationTable(results: readonly Result[], situation: string): string {
  const rows = results.filter(({ cell }) => isIn(cell, 'durations', situation));
  return markdown(rows, situation, ([first]) =>
    first?.cell.isHealthy === true ? percent(foundShare(first.tally)) : found(first?.tally, false),
  );
}

/**
 * Where a rival finds a fault clearly more often than Linnet, by two in a hundred at least, and than
 * it takes healthy versions for faulty in the same traffic; beside it, what a narrower tolerance
 * would find.
 */
export function missed(results: readonly Result[]): string {
  const faults = results.filter(({ cell }) => !cell.isHealthy);
  const rows = faults.flatMap(({ cell, tally }) => {
    const by = (name: string) => tallyIn(faults, { ...cell, method: name }) ?? NOTHING;
    const ours = by('Linnet');
    const alarms = foundShare(falseAlarms(results, cell));
    const isRival = !cell.method.name.startsWith('Linnet');
    if (!isRival || foundShare(tally) < Math.max(foundShare(ours), alarms) + 0.02) return [];
    const harm = cell.table === 'faults';
    const [rival = '', ...linnets] = [tally, ours, by('Linnet, narrow')].map((one) =>
      found(one, harm),
    );
    const place = `${cell.row}, ${cell.situation}`;
    return [[place, cell.method.name, rival, percent(alarms), ...linnets]];
  });
  const head = ['fault', 'rival', 'finds', 'of healthy, %', 'Linnet finds', 'Linnet, narrow'];
  return lines(head, rows);
}

/** Of the same method in the same traffic, in good weather. */
function falseAlarms(results: readonly Result[], { situation, method }: Cell): Tally {
  const calm = GOOD_WEATHER.flatMap(
    (row) => tallyIn(results, { row, situation, method: method.name }) ?? [],
  );
  return calm[0] ?? NOTHING;
}

type Wanted = Pick<Cell, 'row' | 'situation'> & { readonly method: string };

function tallyIn(results: readonly Result[], wanted: Wanted): Tally | undefined {
  return results.find(
    ({ cell }) =>
      cell.row === wanted.row &&
      cell.situation === wanted.situation &&
      cell.method.name === wanted.method,
  )?.tally;
}

export function situationsOf(results: readonly Result[], table: Cell['table']): string[] {
  const found = results.filter(({ cell }) => cell.table === table);
  return [...new Set(found.map(({ cell }) => cell.situation))];
}

function isIn(cell: Cell, table: Cell['table'], situation: string): boolean {
  return cell.table === table && cell.situation === situation;
}

function found(tally: Tally = NOTHING, withHarm: boolean): string {
  // Rolled back every time before there was a fault: it was never put to the test.
  if (tally.runs === tally.early) return '-';
  const share = `${(100 * foundShare(tally)).toFixed(0)} %`;
  const delay = medianDelay(tally);
  if (delay === undefined) return share;
  const harm = tally.harmed / tally.rolledBack;
  return withHarm
    ? `${share} / ${delay} s / ${harm.toFixed(harm < 9.95 ? 1 : 0)}`
    : `${share} / ${delay} s`;
}

function percent(share: number): string {
  return (100 * share).toFixed(2);
}

function markdown(
  results: readonly Result[],
  heading: string,
  value: (of: readonly Result[]) => string,
): string {
  const methods = [...new Set(results.map(({ cell }) => cell.method.name))];
  const rows = [...new Set(results.map(({ cell }) => cell.row))].map((row) => [
    row,
    ...methods.map((name) =>
      value(results.filter(({ cell }) => cell.row === row && cell.method.name === name)),
    ),
  ]);
  return lines([heading, ...methods], rows);
}

function lines(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(4, ...all.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, i) =>
    i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
