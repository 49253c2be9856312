import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import type { Canary } from '../api/canary.ts';
import { API_VERSION, CANARIES, METRIC_TEMPLATES } from '../api/group.ts';
import type { MetricTemplate } from '../api/metric-template.ts';
import { parseCanary, parseMetricTemplate } from '../api/parse.ts';
import { problemSentence, show } from '../api/problem.ts';
import type { Policy } from '../backtest/policy.ts';
import { ConfigError } from '../config.ts';
import type { WorkloadNames } from '../ports/telemetry.ts';

/** One workload, and the policies that its history is held against. */
export interface Tried {
  readonly workload: { readonly namespace: string; readonly name: string };
  /** Workloads of a version and of those beside it, where the Canary does not say which answer. */
  readonly versions?: WorkloadNames;
  /** Of `-f`: it says which workloads answer. */
  readonly canary: Canary;
  readonly policies: readonly Policy[];
  /** That its metrics may name: those of all files. */
  readonly templates: readonly MetricTemplate[];
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
 * @param areVersions whether the workloads are named besides: then a Canary need not have a primary.
 * @throws ConfigError with one sentence where a file cannot be read so.
 */
export async function readPolicies(
  files: readonly string[],
  against: string | undefined,
  namespace: string,
  areVersions = false,
): Promise<Tried[]> {
  const manifests = (file: string) => manifestsIn(file, namespace, areVersions);
  const read = await Promise.all(files.map(manifests));
  const other = against === undefined ? undefined : await manifests(against);
  const tried = read.flatMap(({ canaries }) => canaries);
  const templates = [...read, ...(other ? [other] : [])].flatMap((one) => one.templates);
  refuseTwice(tried);
  return tried.map((written) => {
    const { canary } = written;
    const beside = against && other && otherFor(canary, other.canaries, against);
    const { namespace } = canary.metadata;
    return {
      workload: { namespace, name: canary.spec.targetRef.name },
      canary,
      templates,
      policies: [
        ...policiesOf(written, ''),
        ...(beside ? policiesOf(onTarget(beside, canary), ' (--against)') : []),
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

interface Manifests {
  readonly canaries: readonly Written[];
  readonly templates: readonly MetricTemplate[];
}

/** Other kinds may stand beside them, as in the files that people apply. */
async function manifestsIn(
  file: string,
  namespace: string,
  areVersions: boolean,
): Promise<Manifests> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ConfigError(`${file} cannot be read: ${(error as Error).message}`);
  });
  const found = parseAllDocuments(text).flatMap((document) => {
    const [mistake] = document.errors;
    if (mistake !== undefined) throw new ConfigError(`${file} is no YAML: ${mistake.message}`);
    const raw = (document.toJS() ?? {}) as RawManifest;
    const isKnown = raw.apiVersion === API_VERSION || raw.apiVersion === FLAGGER;
    return isKnown ? [raw] : [];
  });
  const of = (kind: string) => found.filter((raw) => raw.kind === kind);
  const canaries = of(CANARIES.kind).map((raw) => written(raw, file, namespace, areVersions));
  const templates = of(METRIC_TEMPLATES.kind).map((raw) => templateOf(raw, file, namespace));
  if (canaries.length > 0) return { canaries, templates };
  throw new ConfigError(`${file}: found no Canary of ${API_VERSION} or ${FLAGGER}`);
}

interface RawManifest {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly metadata?: { readonly name?: unknown };
}

function templateOf(raw: RawManifest, file: string, namespace: string): MetricTemplate {
  const metadata = { namespace, ...raw.metadata };
  const read = parseMetricTemplate({ ...raw, apiVersion: API_VERSION, metadata });
  if (read.ok) return read.template;
  const why = read.problems.map(problemSentence).join('; ');
  throw new ConfigError(`${file}: MetricTemplate ${show(raw.metadata?.name)}: ${why}`);
}

function written(raw: RawManifest, file: string, namespace: string, areVersions: boolean): Written {
  const name = `${file}: Canary ${show(raw.metadata?.name)}`;
  const metadata = { namespace, ...raw.metadata };
  const read = parseCanary({ ...raw, apiVersion: API_VERSION, metadata });
  if (!read.ok) throw new ConfigError(`${name}: ${read.problems.map(problemSentence).join('; ')}`);
  const { targetRef, provider } = read.canary.spec;
  if (targetRef.kind === 'VirtualService' && !areVersions) {
    throw new ConfigError(
      `${name}: found targetRef.kind VirtualService, allowed is a workload that has a primary, or --versions with the workloads of the versions`,
    );
  }
  if (provider === 'kubernetes') {
    throw new ConfigError(
      `${name}: found provider 'kubernetes', allowed is a mesh: without one there are no shares of traffic to replay`,
    );
  }
  return { canary: read.canary, isFlaggers: raw.apiVersion === FLAGGER };
}
