import { setTimeout as pass } from 'node:timers/promises';
import type { Passing, Weather } from './crossing.ts';

export type { Weather } from './crossing.ts';

/** Everything is answered so, in the words of an API server. */
export function answering(code: number, headers: Record<string, string> = {}): Weather {
  return () => Promise.resolve(refusal(code, WORDS[code] ?? 'no', headers));
}

const WORDS: Readonly<Record<number, string>> = {
  429: 'too many requests, please try again later',
  500: 'etcdserver: leader changed',
};

function refusal(code: number, message: string, headers: Record<string, string> = {}) {
  const reason = REASONS[code] ?? 'Unknown';
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message };
  return {
    status: code,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

const REASONS: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  409: 'Conflict',
  429: 'TooManyRequests',
  500: 'InternalError',
};

/** The first write of each kind to each object is overtaken by somebody else's. */
export function conflictingOnce(): Weather {
  const overtaken = new Set<string>();
  return (passing, forward) => {
    const write = `${passing.method} ${passing.path}`;
    if (passing.method === 'POST' || !isWrite(passing) || overtaken.has(write)) return forward();
    overtaken.add(write);
    const message = 'the object has been modified; please apply your changes to the latest version';
    return Promise.resolve(refusal(409, message));
  };
}

export const REJECTED =
  'admission webhook "policy.example.com" denied the request: no changes today';

/** As an admission webhook does it that lets no write of these objects pass. */
export function rejecting(resource: string): Weather {
  return (passing, forward) =>
    isWrite(passing) && passing.path.includes(`/${resource}`)
      ? Promise.resolve(refusal(403, REJECTED))
      : forward();
}

export function late(ms: number): Weather {
  return (passing, forward) => (passing.isWatch ? forward() : pass(ms).then(forward));
}

/** Done, and nobody hears of it. */
export function losing(): Weather {
  return async (_passing, forward) => {
    await forward();
    return undefined;
  };
}

export function losingAnswersToWrites(): Weather {
  const lose = losing();
  return (passing, forward) => (isWrite(passing) ? lose(passing, forward) : forward());
}

/** Connections break before anything is done. */
export function broken(): Weather {
  return () => Promise.resolve(undefined);
}

/** As somebody's login page answers. */
export function html(): Weather {
  return () =>
    Promise.resolve({
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: '<html><body>Please sign in</body></html>',
    });
}

/** Half of what was to be said. */
export function half(): Weather {
  return async (_passing, forward) => {
    const { status, headers, body = '' } = await forward();
    const text = body.toString();
    return { status, ...(headers && { headers }), body: text.slice(0, text.length / 2) };
  };
}

/** A Prometheus that has just begun. */
export function emptyPrometheus(): Weather {
  return () =>
    Promise.resolve({
      status: 200,
      body: JSON.stringify({ status: 'success', data: { resultType: 'vector', result: [] } }),
    });
}

/** Only there. */
export function to(path: string, weather: Weather): Weather {
  return (passing, forward) =>
    passing.path.startsWith(path) ? weather(passing, forward) : forward();
}

function isWrite({ method }: Passing): boolean {
  return method !== 'GET';
}

/** Only the first time that the same is asked, the third, the fifth. */
export function everyOther(weather: Weather): Weather {
  const asked = new Map<string, number>();
  return (passing, forward) => {
    const what = `${passing.method} ${passing.path}`;
    const times = (asked.get(what) ?? 0) + 1;
    asked.set(what, times);
    return times % 2 === 1 ? weather(passing, forward) : forward();
  };
}

export interface CountedWeather {
  readonly weather: Weather;
  /** How many requests it did not simply let through. */
  readonly met: number;
}

export function counted(weather: Weather): CountedWeather {
  let met = 0;
  return {
    get met() {
      return met;
    },
    weather(passing, forward) {
      let untouched: ReturnType<Weather> | undefined;
      const answer = weather(passing, () => (untouched = forward()));
      if (answer !== untouched) met += 1;
      return answer;
    },
  };
}
