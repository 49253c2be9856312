import { html, type Markup, NOTHING } from './markup.ts';
import { clockText } from './terminal-chart.ts';

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
  const { title, summary, series, limits = [], voids = [] } = chart;
  return html`<figure>
    <figcaption>${title}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${summary}">
      ${voids.map(([from, to]) => voidBand(scale, from, to))}
      ${scale.ticks.map((value) => gridLine(scale, value, chart.show(value)))}
      ${timeTicks(chart, scale)} ${limits.map(({ value, name }) => limitLine(scale, value, name))}
      ${series.map(
        (one) =>
          html`<path class="line ${one.style}" d="${pathOf(one, scale)}" /> ${dotsOf(one, scale)}`,
      )}
    </svg>
    <p class="legend">
      ${series.map(({ name, style }) => legendEntry(name, style))}${
        voids.length === 0
          ? NOTHING
          : html`<span
              ><svg viewBox="0 0 26 10" class="key">
                <rect class="void" width="26" height="10" />
              </svg>
              void or unknown</span
            >`
      }
    </p>
  </figure> `;
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
  const width = round(Math.max(1, right - left));
  return html`<rect
    class="void"
    x="${left}"
    y="${TOP}"
    width="${width}"
    height="${HEIGHT - TOP - BOTTOM}"
  />`;
}

function gridLine({ y }: Scale, value: number, label: string): Markup {
  const at = y(value);
  return html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" />
    <text class="tick" x="${LEFT - 6}" y="${at + 4}" text-anchor="end">${label}</text>`;
}

const TIME_TICKS = 5;

function timeTicks({ from, to }: TimeChart, { x }: Scale): Markup[] {
  const anchors = { 0: 'start', [TIME_TICKS]: 'end' } as Readonly<Record<number, string>>;
  return Array.from({ length: TIME_TICKS + 1 }, (_, i) => {
    const at = from + ((to - from) * i) / TIME_TICKS;
    const text = clockText(new Date(at).toISOString());
    return html`<text
      class="tick"
      x="${x(at)}"
      y="${HEIGHT - 8}"
      text-anchor="${anchors[i] ?? 'middle'}"
      >${text}</text
    >`;
  });
}

function limitLine({ y }: Scale, value: number, name: string): Markup {
  const at = y(value);
  return html`<line class="limit" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" />
    <text class="limit-name" x="${LEFT + 6}" y="${at - 5}">${name}</text>`;
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
      : html`<circle class="dot ${style}" cx="${x(at)}" cy="${y(value)}" r="2.5" />`,
  );
}

const MOST_DOTS = 80;

function legendEntry(name: string, style: Series['style']): Markup {
  return html`<span
    ><svg viewBox="0 0 26 10" class="key"><path class="line ${style}" d="M1 5H25" /></svg>
    ${name}</span
  >`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
