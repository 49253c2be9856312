/** How a simulated container lives and answers. */
export interface Behaviour {
  /** Milliseconds from its start until it is ready; undefined: never. */
  readonly readyAfterMs: number | undefined;
  /** Milliseconds from each start until it exits with an error; undefined: it does not. */
  readonly crashAfterMs: number | undefined;
  readonly latency: { readonly meanMs: number; readonly spreadMs: number };
  /** Some requests take longer. */
  readonly slow: { readonly share: number; readonly ms: number } | undefined;
  readonly errors: Errors | undefined;
  /** Errors for requests whose header matches, the first that fits; they come before `errors`. */
  readonly errorsForHeader: readonly HeaderErrors[];
}

export interface Errors {
  /** 0 to 1. */
  readonly share: number;
  readonly status: number;
}

export interface HeaderErrors extends Errors {
  /** In lower case. */
  readonly header: string;
  readonly value: RegExp;
}

const PREFIX = 'sandbox.linnet.dev/';

export type Variables = Readonly<Record<string, string>>;

/**
 * Reads the behaviour from the pod's annotations `sandbox.linnet.dev/...`, or from the environment
 * of its containers: `SANDBOX_ERRORS` for `errors`, which `kubectl set env` can change. Throws a
 * sentence that names the setting, what was found and what is allowed.
 */
export function behaviourOf(annotations: Variables, environment: Variables): Behaviour {
  const read = <T>(name: string, fallback: T, parse: (text: string) => T | undefined): T => {
    const variable = `SANDBOX_${name.toUpperCase().replaceAll('-', '_')}`;
    const text = annotations[PREFIX + name] ?? environment[variable];
    if (text === undefined) return fallback;
    const value = parse(text.trim());
    if (value !== undefined) return value;
    throw new Error(`${PREFIX}${name}: found "${text}", allowed is ${ALLOWED[name]}`);
  };
  const readiness = read('ready-after', { ms: DEFAULT_READY_MS }, parseReadiness);
  return {
    readyAfterMs: readiness.ms,
    crashAfterMs: read<number | undefined>('crash-after', undefined, parseDuration),
    latency: read('latency', DEFAULT_LATENCY, parseLatency),
    slow: read<Behaviour['slow']>('slow', undefined, parseSlow),
    errors: read<Errors | undefined>('errors', undefined, parseErrors),
    errorsForHeader: read('errors-for-header', [], parseHeaderErrors),
  };
}

const DEFAULT_READY_MS = 500;
const DEFAULT_LATENCY = { meanMs: 5, spreadMs: 2 };
const DEFAULT_STATUS = 500;

/** What each setting may hold, by its name. */
export const ALLOWED: Readonly<Record<string, string>> = {
  'ready-after': 'a duration such as 500ms or 2s, or the word never',
  'crash-after': 'a duration such as 500ms or 2s',
  latency: 'a duration, or a mean and a spread such as 40ms±20ms',
  slow: 'a share and a duration such as 1% 900ms',
  errors: 'a share from 0% to 100%, and perhaps a status such as 5% 503',
  'errors-for-header':
    'one line for each header, such as `x-plan: beta.* 40% 503` (name, regular expression, share, perhaps a status)',
};

function parseReadiness(text: string): { ms: number | undefined } | undefined {
  if (text === 'never') return { ms: undefined };
  const ms = parseDuration(text);
  return ms === undefined ? undefined : { ms };
}

/** Milliseconds. */
function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  return unit === undefined ? undefined : Number(amount) * (UNITS[unit] ?? 1);
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

function parseLatency(text: string): Behaviour['latency'] | undefined {
  const [mean = '', spread = '0ms', ...more] = text.split('±').map((part) => part.trim());
  const meanMs = parseDuration(mean);
  const unit = /[a-z]+$/.exec(mean)?.[0] ?? '';
  const spreadMs = parseDuration(/\d$/.test(spread) ? spread + unit : spread);
  const isWhole = meanMs !== undefined && spreadMs !== undefined && more.length === 0;
  return isWhole ? { meanMs, spreadMs } : undefined;
}

function parseSlow(text: string): Behaviour['slow'] {
  const [share, duration, ...more] = text.split(/\s+/);
  const parsed = { share: parseShare(share), ms: parseDuration(duration ?? '') };
  if (parsed.share === undefined || parsed.ms === undefined || more.length > 0) return undefined;
  return { share: parsed.share, ms: parsed.ms };
}

function parseErrors(text: string): Errors | undefined {
  const [share, status = String(DEFAULT_STATUS), ...more] = text.split(/\s+/);
  const parsed = parseShare(share);
  if (parsed === undefined || !/^[2-5]\d\d$/.test(status) || more.length > 0) return undefined;
  return { share: parsed, status: Number(status) };
}

function parseHeaderErrors(text: string): HeaderErrors[] | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const parsed = lines.map(parseHeaderLine).filter((line) => line !== undefined);
  return parsed.length === lines.length ? parsed : undefined;
}

function parseHeaderLine(line: string): HeaderErrors | undefined {
  const match = /^([\w-]+):\s*(.+?)\s+(\S+%(?:\s+\d+)?)$/.exec(line.trim());
  const [, header = '', pattern = '', rest = ''] = match ?? [];
  const errors = parseErrors(rest);
  if (match === null || errors === undefined) return undefined;
  try {
    return { ...errors, header: header.toLowerCase(), value: new RegExp(`^(?:${pattern})$`) };
  } catch {
    return undefined;
  }
}

/** 0 to 1. */
function parseShare(text = ''): number | undefined {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  return percent === undefined || Number(percent) > 100 ? undefined : Number(percent) / 100;
}
