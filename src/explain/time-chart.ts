import { clockFor } from '../terminal/clock.ts';
import { type Markup, markup, NOTHING } from './markup.ts';

/** Something that changes with time; times in milliseconds since 1970. */
export interface Series {
  readonly name: string;
  /** Chooses colour and dashes: on paper and to the colour-blind the dashes tell. */
  readonly style: 'first' | 'second' | 'third' | 'plain';
  readonly points: readonly (readonly [at: number, value: number | undefined])[];
  /** Whether a value stays until the next, rather than moving towards it. */
  readonly isStep?: boolean;
}

export interface TimeChart {
  readonly title: string;
  /** For those who hear the page. */
  readonly summary: string;
  readonly series: readonly Series[];
  /** Values worth a line of their own across the chart. */
  readonly limits?: readonly { readonly value: number; readonly name: string }[];
  /** Spans that do not count. */
  readonly voids?: readonly (readonly [from: number, to: number])[];
  readonly from: number;
  readonly to: number;
  readonly show: (value: number) => string;
}

const WIDTH = 860;
const HEIGHT = 210;
const LEFT = 56;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 26;

/** A chart as inline SVG with its legend. Its colours are those of the page's classes. */
export function timeChart(chart: TimeChart): Markup {
  const scale = scaleOf(chart);
  const { title, summary, series, limits = [], voids = [], show } = chart;
  return markup`<figure>
<figcaption>${title}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${summary}">
${voids.map(([from, to]) => voidBand(scale, from, to))}
${scale.ticks.map((value) => gridLine(scale, value, show(value)))}
${timeTicks(chart, scale)}
${limits.map(({ value, name }) => limitLine(scale, value, name))}
${series.map((one) => lineOf(one, scale))}
</svg>
${legend(series, voids.length > 0)}
</figure>
`;
}

interface Scale {
  readonly x: (at: number) => number;
  readonly y: (value: number) => number;
  readonly ticks: readonly number[];
}

function scaleOf({ series, limits = [], from, to }: TimeChart): Scale {
  const values = [
    0,
    ...limits.map(({ value }) => value),
    ...series.flatMap(({ points }) => points.map(([, value]) => value ?? 0)),
  ];
  // Thousands of blocks are too many for the arguments of a call.
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b)) * 1.08;
  const step = niceStep((most - least) / 4 || 1);
  const bottom = Math.floor(least / step) * step;
  const top = Math.max(most, bottom + step);
  const seconds = Math.max(1, to - from);
  const count = Math.floor((top - bottom) / step + 1e-9) + 1;
  return {
    x: (at) => round(LEFT + ((at - from) / seconds) * (WIDTH - LEFT - RIGHT)),
    y: (value) => round(TOP + ((top - value) / (top - bottom)) * (HEIGHT - TOP - BOTTOM)),
    ticks: Array.from({ length: count }, (_, i) => bottom + i * step),
  };
}

/** 1, 2 or 5 times a power of ten, at least as large. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5, 10].find((n) => n * power >= least) ?? 10) * power;
}

function voidBand({ x }: Scale, from: number, to: number): Markup {
  const [left, right] = [Math.max(LEFT, x(from)), Math.min(WIDTH - RIGHT, x(to))];
  const [width, height] = [round(Math.max(1, right - left)), HEIGHT - TOP - BOTTOM];
  return markup`<rect class="void" x="${left}" y="${TOP}" width="${width}" height="${height}"/>
`;
}

function gridLine({ y }: Scale, value: number, label: string): Markup {
  const at = y(value);
  return markup`${across('grid', at)}${caption('tick', LEFT - 6, at + 4, 'end', label)}`;
}

const TIME_TICKS = 5;

function timeTicks({ from, to }: TimeChart, { x }: Scale): Markup[] {
  const textOf = (at: number) => new Date(at).toISOString();
  const clock = clockFor([textOf(from), textOf(to)]);
  return Array.from({ length: TIME_TICKS + 1 }, (_, i) => {
    const at = from + ((to - from) * i) / TIME_TICKS;
    const anchor = i === 0 ? 'start' : i === TIME_TICKS ? 'end' : 'middle';
    return caption('tick', x(at), HEIGHT - 8, anchor, clock(textOf(at)));
  });
}

function limitLine({ y }: Scale, value: number, name: string): Markup {
  const at = y(value);
  return markup`${across('limit', at)}${caption('limit-name', LEFT + 6, at - 5, 'start', name)}`;
}

function across(kind: string, y: number): Markup {
  return markup`<line class="${kind}" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>
`;
}

function caption(kind: string, x: number, y: number, anchor: string, text: string): Markup {
  return markup`<text class="${kind}" x="${x}" y="${round(y)}" text-anchor="${anchor}">${text}</text>
`;
}

function lineOf(series: Series, scale: Scale): Markup {
  return markup`<path class="line ${series.style}" d="${pathOf(series, scale)}"/>
${dotsOf(series, scale)}`;
}

/** Where a value is not known the line breaks off. */
function pathOf({ points, isStep = false }: Series, { x, y }: Scale): string {
  let isDrawing = false;
  let before = 0;
  return points
    .map(([at, value]) => {
      if (value === undefined) {
        isDrawing = false;
        return '';
      }
      const corner = isDrawing && isStep ? `L${x(at)} ${y(before)}` : '';
      const drawn = `${corner}${isDrawing ? 'L' : 'M'}${x(at)} ${y(value)}`;
      isDrawing = true;
      before = value;
      return drawn;
    })
    .join('');
}

/** Few points are easily missed, and one alone draws no line. */
function dotsOf({ points, style, isStep = false }: Series, { x, y }: Scale): Markup[] {
  if (points.length > MOST_DOTS || isStep) return [];
  return points.flatMap(([at, value]) =>
    value === undefined
      ? []
      : markup`<circle class="dot ${style}" cx="${x(at)}" cy="${y(value)}" r="2.5"/>
`,
  );
}

const MOST_DOTS = 80;

function legend(series: readonly Series[], hasVoids: boolean): Markup {
  const lines = series.map(({ name, style }) =>
    key(markup`<path class="line ${style}" d="M1 5H25"/>`, name),
  );
  const voids = key(markup`<rect class="void" width="26" height="10"/>`, 'void or unknown');
  return markup`<p class="legend">${lines}${hasVoids ? voids : NOTHING}</p>`;
}

function key(sample: Markup, name: string): Markup {
  return markup`<span><svg viewBox="0 0 26 10" class="key">${sample}</svg> ${name}</span>
`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
