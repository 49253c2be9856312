export type Labels = Readonly<Record<string, string>>;

/** Seconds since 1970, and the value exactly as it was sent. */
export type RawSample = readonly [number, string];

/** A series without a value holds a native histogram. */
export interface InstantSeries {
  readonly metric: Labels;
  readonly value?: RawSample;
}

export interface RangeSeries {
  readonly metric: Labels;
  readonly values?: readonly RawSample[];
}

export type Data =
  | { readonly resultType: 'vector'; readonly result: readonly InstantSeries[] }
  | { readonly resultType: 'matrix'; readonly result: readonly RangeSeries[] }
  | { readonly resultType: 'scalar' | 'string'; readonly result: RawSample };

export interface Answer {
  readonly data: Data;
  /** What Prometheus says is missing or doubtful. */
  readonly warnings: readonly string[];
  /** The server's clock in milliseconds since 1970, to the second; undefined if it tells none. */
  readonly serverTime: number | undefined;
}

/** The body of a success as an answer; undefined when it is none of Prometheus'. */
export function readAnswer(body: unknown, date: unknown): Answer | undefined {
  const { status, data, warnings } = fields(body);
  const { resultType, result } = fields(data);
  if (status !== 'success' || !Array.isArray(result)) return undefined;
  if (!SHAPES.some(([type, fits]) => type === resultType && fits(result))) return undefined;
  const at = typeof date === 'string' ? Date.parse(date) : NaN;
  return {
    data: data as Data,
    warnings: Array.isArray(warnings) ? warnings.map(String) : [],
    serverTime: Number.isNaN(at) ? undefined : at,
  };
}

/** Number of a sample: `NaN`, `+Inf` and `-Inf` stay apart. */
export function numberOf(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}

type Shape = (result: readonly unknown[]) => boolean;

const SHAPES: readonly (readonly [Data['resultType'], Shape])[] = [
  ['vector', (result) => result.every((series) => isSeries(series, 'value', isSample))],
  ['matrix', (result) => result.every((series) => isSeries(series, 'values', areSamples))],
  ['scalar', isSample],
  ['string', isSample],
];

function isSeries(series: unknown, field: string, fits: (value: unknown) => boolean): boolean {
  const { metric, [field]: value } = fields(series);
  return typeof metric === 'object' && metric !== null && (value === undefined || fits(value));
}

function areSamples(value: unknown): boolean {
  return Array.isArray(value) && value.every(isSample);
}

function isSample(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === 'number' && typeof value[1] === 'string';
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
