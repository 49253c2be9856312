import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import type { Canary } from '../api/canary.ts';
import { API_VERSION, CANARIES } from '../api/group.ts';
import { parseCanary } from '../api/parse.ts';
import { problemSentence, show } from '../api/problem.ts';
import type { Policy } from '../backtest/policy.ts';
import { ConfigError } from '../config.ts';

/** One workload, and the policies that its history is held against. */
export interface Tried {
  readonly workload: { readonly namespace: string; readonly name: string };
  /** Of `-f`: it says which workloads answer. */
  readonly canary: Canary;
  readonly policies: readonly Policy[];
}

/** A Canary of a file, and who was meant to read it. */
interface Written {
  readonly canary: Canary;
  readonly isFlaggers: boolean;
}

/**
 * The workloads of the files, and the policies beside them. A Canary of Flagger's gives two: its own
 * rule, and what Linnet makes of the same manifest.
 *
 * @throws ConfigError with one sentence where a file cannot be read so.
 */
export async function readPolicies(
  files: readonly string[],
  against: string | undefined,
  namespace: string,
): Promise<Tried[]> {
  const tried = (await Promise.all(files.map((file) => canariesIn(file, namespace)))).flat();
  const others = against === undefined ? [] : await canariesIn(against, namespace);
  refuseTwice(tried);
  return tried.map((written) => {
    const { canary } = written;
    const other = against === undefined ? undefined : otherFor(canary, others, against);
    const { namespace } = canary.metadata;
    return {
      workload: { namespace, name: canary.spec.targetRef.name },
      canary,
      policies: [
        ...policiesOf(written, ''),
        ...(other === undefined ? [] : policiesOf(onTarget(other, canary), ' (--against)')),
      ],
    };
  });
}

function policiesOf({ canary, isFlaggers }: Written, suffix: string): Policy[] {
  const linnets: Policy = { name: `Linnet${suffix}`, rules: 'linnet', canary };
  return isFlaggers ? [{ name: `Flagger${suffix}`, rules: 'flagger', canary }, linnets] : [linnets];
}

/** Only how it judges is another. */
function onTarget({ canary, isFlaggers }: Written, { metadata, spec }: Canary): Written {
  const { analysis } = canary.spec;
  return { canary: { ...canary, metadata, spec: { ...spec, analysis } }, isFlaggers };
}

/** One policy is for all; of several, that for the same target. */
function otherFor(canary: Canary, others: readonly Written[], file: string): Written {
  const [only] = others;
  const found =
    others.length === 1 ? only : others.find((one) => keyOf(one.canary) === keyOf(canary));
  if (found !== undefined) return found;
  throw new ConfigError(
    `${file}: found no Canary for ${keyOf(canary)}, allowed is one for each of -f, or one for all`,
  );
}

function keyOf({ metadata, spec }: Canary): string {
  return `${metadata.namespace}/${spec.targetRef.name}`;
}

function refuseTwice(tried: readonly Written[]): void {
  const keys = tried.map(({ canary }) => keyOf(canary));
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice === undefined) return;
  throw new ConfigError(
    `-f: found two Canaries for ${twice}, allowed is one; --against compares two`,
  );
}

const FLAGGER = 'flagger.app/v1beta1';

/** Other kinds may stand beside them, as in the files that people apply. */
async function canariesIn(file: string, namespace: string): Promise<Written[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ConfigError(`${file} cannot be read: ${(error as Error).message}`);
  });
  const found = parseAllDocuments(text).flatMap((document) => {
    const [mistake] = document.errors;
    if (mistake !== undefined) throw new ConfigError(`${file} is no YAML: ${mistake.message}`);
    const raw = document.toJS() as unknown;
    return isCanary(raw) ? [written(raw, file, namespace)] : [];
  });
  if (found.length > 0) return found;
  throw new ConfigError(`${file}: found no Canary of ${API_VERSION} or ${FLAGGER}`);
}

interface RawCanary {
  readonly apiVersion: string;
  readonly metadata?: { readonly name?: unknown };
}

function isCanary(raw: unknown): raw is RawCanary {
  const { kind, apiVersion } = (raw ?? {}) as { kind?: unknown; apiVersion?: unknown };
  return kind === CANARIES.kind && (apiVersion === API_VERSION || apiVersion === FLAGGER);
}

function written(raw: RawCanary, file: string, namespace: string): Written {
  const name = `${file}: Canary ${show(raw.metadata?.name)}`;
  const metadata = { namespace, ...raw.metadata };
  const read = parseCanary({ ...raw, apiVersion: API_VERSION, metadata });
  if (!read.ok) throw new ConfigError(`${name}: ${read.problems.map(problemSentence).join('; ')}`);
  const { targetRef, provider } = read.canary.spec;
  if (targetRef.kind === 'VirtualService') {
    throw new ConfigError(
      `${name}: found targetRef.kind VirtualService, allowed is a workload that has a primary`,
    );
  }
  if (provider === 'kubernetes') {
    throw new ConfigError(
      `${name}: found provider 'kubernetes', allowed is a mesh: without one there are no shares of traffic to replay`,
    );
  }
  return { canary: read.canary, isFlaggers: raw.apiVersion === FLAGGER };
}
