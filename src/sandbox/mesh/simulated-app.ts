import { setTimeout as delay } from 'node:timers/promises';
import type { Behaviour, Errors } from '../workloads/behaviour.ts';
import type { Pod } from '../workloads/resources.ts';
import type { Header, MeshRequest } from './mesh-request.ts';
import { podIdentity } from './pod-identity.ts';
import type { Random } from './random.ts';
import { pathOf } from './request-match.ts';

export interface AppResponse {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly body: string;
}

/**
 * Answers as the pod behaves. `/status/CODE` and `/delay/SECONDS` do what they say whatever the
 * behaviour. Rejects when the signal aborts.
 */
export async function answer(
  pod: Pod,
  behaviour: Behaviour,
  request: MeshRequest,
  random: Random,
  signal: AbortSignal,
): Promise<AppResponse> {
  // Both are drawn before the wait, so that they depend on the order of requests alone.
  const status = statusFor(behaviour, request, random);
  const waitMs = latencyFor(behaviour, request, random);
  await delay(waitMs, undefined, { signal });
  const { namespace, workload, version } = podIdentity(pod);
  const body = { service: workload, namespace, version, pod: pod.metadata.name, status };
  return {
    status,
    headers: [['content-type', 'application/json']],
    body: `${JSON.stringify(body)}\n`,
  };
}

function statusFor(behaviour: Behaviour, request: MeshRequest, random: Random): number {
  const asked = /^\/status\/([2-5]\d\d)$/.exec(pathOf(request.path))?.[1];
  if (asked !== undefined) return Number(asked);
  const special = behaviour.errorsForHeader.find(({ header, value }) =>
    value.test(request.headers[header] ?? ''),
  );
  return failed(special, random) ?? failed(behaviour.errors, random) ?? 200;
}

function failed(errors: Errors | undefined, random: Random): number | undefined {
  return errors !== undefined && random() < errors.share ? errors.status : undefined;
}

/** Milliseconds. */
function latencyFor({ latency, slow }: Behaviour, request: MeshRequest, random: Random): number {
  const seconds = /^\/delay\/(\d+(?:\.\d+)?)$/.exec(pathOf(request.path))?.[1];
  const spread = (2 * random() - 1) * latency.spreadMs;
  const usual = Math.max(0, latency.meanMs + spread);
  if (seconds !== undefined) return usual + Number(seconds) * 1000;
  return slow !== undefined && random() < slow.share ? slow.ms : usual;
}
