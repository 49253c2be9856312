import { z } from 'zod';
import { AlertProvider } from './alert-provider.ts';
import { CanaryAnalysis } from './analysis.ts';
import { type Canary, CanaryInput } from './canary.ts';
import { withFarewellSpec } from './farewell-spec.ts';
import { MetricTemplate } from './metric-template.ts';
import { type Problem, problemsOf } from './problem.ts';
import type { CanarySpec, CanarySpecInput } from './spec.ts';

export type Refused = { ok: false; problems: Problem[] };

/**
 * Reads a Canary from a manifest or from the API server. Defaults are filled in, `canaryAnalysis`
 * becomes `analysis`, unknown fields of status and metadata are kept. `raw` is left as it is.
 * `spec`: what an equal spec was read as before, so that it is not read again. Of a Canary that is
 * being deleted as much is read as can be: nobody waits for its spec to be corrected.
 */
export function parseCanary(
  raw: unknown,
  spec?: CanarySpec,
): { ok: true; canary: Canary } | Refused {
  if (spec !== undefined) {
    const rest = parse(ALL_BUT_SPEC, raw);
    return rest.ok ? { ok: true, canary: { ...rest.value, spec } } : rest;
  }
  const read = parse(CanaryInput, raw);
  if (read.ok) return { ok: true, canary: { ...read.value, spec: normal(read.value.spec) } };
  const leaving = withFarewellSpec(raw);
  return leaving === undefined ? read : parseCanary(leaving);
}

const ALL_BUT_SPEC = CanaryInput.omit({ spec: true });

export function parseMetricTemplate(
  raw: unknown,
): { ok: true; template: MetricTemplate } | Refused {
  const read = parse(MetricTemplate, raw);
  return read.ok ? { ok: true, template: read.value } : read;
}

export function parseAlertProvider(raw: unknown): { ok: true; provider: AlertProvider } | Refused {
  const read = parse(AlertProvider, raw);
  return read.ok ? { ok: true, provider: read.value } : read;
}

/**
 * The version of the rules that wrote the status, even of a Canary that does not parse: one that a
 * newer Linnet wrote is not bad input but none of our business. 0 without a status.
 */
export function planVersionOf(raw: unknown): number {
  const read = WITH_PLAN_VERSION.safeParse(raw);
  return read.success ? read.data.status.planVersion : 0;
}

const WITH_PLAN_VERSION = z.object({ status: z.object({ planVersion: z.number() }) });

function parse<S extends z.ZodType>(
  schema: S,
  raw: unknown,
): { ok: true; value: z.output<S> } | Refused {
  const result = schema.safeParse(raw);
  return result.success
    ? { ok: true, value: result.data }
    : { ok: false, problems: problemsOf(raw, result.error.issues) };
}

function normal({ canaryAnalysis, ...spec }: z.infer<typeof CanarySpecInput>): CanarySpec {
  const analysis = normalAnalysis(spec.analysis ?? canaryAnalysis ?? withoutAnalysis());
  return { ...spec, analysis: spec.provider === 'kubernetes' ? withoutMesh(analysis) : analysis };
}

/**
 * As in Flagger: what cannot be split is released blue-green, by ten iterations unless the manifest
 * says how many, and nobody is chosen for the canary. What the manifest asked for stays readable.
 */
function withoutMesh({ iterations = 10, match, ...analysis }: CanaryAnalysis): CanaryAnalysis {
  return { ...analysis, iterations, ...(match && { match: [] }) };
}

/** What a Canary that skips its analysis gets: every default, and full weight in one step. */
function withoutAnalysis(): z.infer<typeof CanaryAnalysis> {
  return CanaryAnalysis.parse({ stepWeight: 100 });
}

function normalAnalysis(analysis: z.infer<typeof CanaryAnalysis>): CanaryAnalysis {
  const { sessionAffinity } = analysis;
  return {
    ...analysis,
    threshold: Math.max(analysis.threshold, 1),
    webhooks: analysis.webhooks.map((hook) => ({ ...hook, type: hook.type || 'rollout' })),
    alerts: analysis.alerts.map((alert) => ({ ...alert, severity: alert.severity || 'info' })),
    ...(sessionAffinity && {
      sessionAffinity: { ...sessionAffinity, maxAge: sessionAffinity.maxAge || 86400 },
    }),
  };
}
