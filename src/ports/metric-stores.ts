import type { MetricTemplate } from '../api/metric-template.ts';
import type { QueryVariables } from '../api/query-template.ts';
import type { Measurement } from './telemetry.ts';

/** Which samples count: those of the present step, in milliseconds since 1970. */
export interface SamplePeriod {
  readonly since: number;
  readonly now: number;
}

/** Where teams keep metrics beside Prometheus. */
export interface MetricStores {
  /**
   * The one number that a template's query comes to in the system that its provider names. Never
   * rejects: what goes wrong is in the answer, one sentence that begins with the field of the
   * template that it is about and holds no secret.
   */
  measure(
    template: MetricTemplate,
    variables: QueryVariables,
    period: SamplePeriod,
  ): Promise<Measurement>;
}
