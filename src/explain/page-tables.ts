import { clockFor } from '../terminal/clock.ts';
import type { BlockCase, GuardCase } from './guard-case.ts';
import { type Markup, markup } from './markup.ts';
import type { Moment } from './timeline.ts';
import { countsText, shareText } from './wording.ts';

/** What happened, a row each. */
export function timelineTable(moments: readonly Moment[]): Markup {
  const clock = clockFor(moments.map(({ at }) => at));
  const rows = moments.map(({ at, weight, what }) => {
    const share = weight === undefined ? '' : `${weight} %`;
    return row('', [clock(at), share], what);
  });
  return table(['UTC', 'Weight', 'What happened'], rows);
}

/** Every block with both versions' numbers. */
export function blockTable({ blocks, counted }: GuardCase): Markup[] {
  if (blocks.length === 0) return [];
  const clock = clockFor(blocks.map(({ to }) => to));
  const versions = ['Canary bad', 'Primary bad', 'Canary slow', 'Primary slow'];
  const head = ['Ends', 'Weight', ...versions, 'Evidence: errors', 'latency', 'SLO', ''];
  return [
    markup`<p class="faint">Bad ${counted} of all in each block; slow requests beside the bound at which most
speaks against the canary.</p>
${table(
  head,
  blocks.map((block) => blockRow(block, clock)),
)}`,
  ];
}

function blockRow(
  { to, weight, kind, canary, primary, slow, evidence }: BlockCase,
  clock: (at: string) => string,
): Markup {
  const { errors, latency, slo } = evidence;
  const isWeighed = kind === 'weighed';
  const slower = slow && [`${shareText(slow.canary)} > ${slow.bound} ms`, shareText(slow.primary)];
  const scores = [errors, latency, slo].map((score) => score?.toFixed(1) ?? '–');
  const cells = [clock(to), `${weight} %`, countsText(canary), countsText(primary)];
  const rest = [...(slower ?? ['–', '–']), ...scores];
  return row(isWeighed ? '' : 'void', [...cells, ...rest, isWeighed ? '' : kind]);
}

function table(head: readonly string[], rows: readonly Markup[]): Markup {
  return markup`<div class="scroll"><table>
<thead><tr>${head.map((title) => markup`<th>${title}</th>`)}</tr></thead>
<tbody>
${rows}</tbody>
</table></div>`;
}

/** @param wide of a last cell that takes what room there is. */
function row(kind: string, cells: readonly string[], wide?: string): Markup {
  const last = wide === undefined ? [] : [markup`<td class="wide">${wide}</td>`];
  return markup`<tr class="${kind}">${cells.map((cell) => markup`<td>${cell}</td>`)}${last}</tr>
`;
}
