import type { ServerResponse } from 'node:http';
import { fakeStore, saying, type AskedStore, type FakeStore } from './fake-store.ts';

export interface Asked extends AskedStore {
  /** Parameters of the URL or of the form. */
  readonly form: URLSearchParams;
}

export type Behaviour = (asked: Asked, response: ServerResponse) => void;

export interface FakePrometheus extends Pick<FakeStore, 'url' | 'close'> {
  readonly asked: readonly Asked[];
  answer: Behaviour;
}

/** A server that answers as badly as a test wants, on a free port. */
export async function fakePrometheus(
  answer: Behaviour,
  tls?: { key: string; cert: string },
): Promise<FakePrometheus> {
  const asked: Asked[] = [];
  const store = await fakeStore((request, response) => {
    const form = new URLSearchParams(`${request.query.toString()}&${request.body}`);
    const now = { ...request, form };
    asked.push(now);
    fake.answer(now, response);
  }, tls);
  const fake: FakePrometheus = { url: store.url, asked, answer, close: () => store.close() };
  return fake;
}

/** A body of JSON with a status. */
export function json(body: object, status = 200): Behaviour {
  return saying(body, status);
}

export function text(body: string, status = 200, type = 'text/plain'): Behaviour {
  return (_asked, response) => {
    response.writeHead(status, { 'content-type': type });
    response.end(body);
  };
}

/** A successful answer of Prometheus. */
export function success(resultType: string, result: unknown, warnings?: string[]): Behaviour {
  return json({ status: 'success', data: { resultType, result }, ...(warnings && { warnings }) });
}

/** An instant vector; each series has a value, and labels if they matter. */
export function vector(...series: [value: string, labels?: Record<string, string>][]): Behaviour {
  const result = series.map(([value, metric = {}]) => ({ metric, value: [1, value] }));
  return success('vector', result);
}

/** An answer that Prometheus gives when it refuses. */
export function refusal(status: number, errorType: string, error: string): Behaviour {
  return json({ status: 'error', errorType, error }, status);
}
