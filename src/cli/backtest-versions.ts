import type { Canary } from '../api/canary.ts';
import { show } from '../api/problem.ts';
import { ConfigError } from '../config.ts';
import type { Tried } from './backtest-policies.ts';

/**
 * The one workload of a file as the versions of `--versions`: each is tried beside all the others.
 *
 * @throws ConfigError with one sentence where the list is none, or does not fit the files.
 */
export function versionsOf(read: readonly Tried[], list: string): Tried[] {
  const names = list.split(',').map((name) => name.trim());
  const areNames = names.every((name) => WORKLOAD.test(name));
  if (!areNames || names.length < 2 || new Set(names).size < names.length) {
    throw new ConfigError(
      `--versions: found ${show(list)}, allowed are two workloads or more, separated by commas, such as web-v1,web-v2`,
    );
  }
  const [only] = read;
  if (only === undefined || read.length > 1) {
    throw new ConfigError(
      `--versions: found ${read.length} Canaries in -f, allowed is one: the versions are those of one target`,
    );
  }
  return names.map((name) => {
    const { namespace } = only.workload;
    const others = names.filter((other) => other !== name);
    return {
      ...only,
      workload: { namespace, name },
      canary: asTarget(only.canary, name),
      policies: only.policies.map((policy) => ({
        ...policy,
        canary: asTarget(policy.canary, name),
      })),
      versions: { canary: [name], primary: others },
    };
  });
}

/** So that queries with `{{ target }}` speak of it. */
function asTarget(canary: Canary, name: string): Canary {
  const targetRef = { apiVersion: 'apps/v1', kind: 'Deployment' as const, name };
  return { ...canary, spec: { ...canary.spec, targetRef } };
}

const WORKLOAD = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
