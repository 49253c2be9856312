import { afterEach } from 'vitest';
import {
  createTelemetry,
  type SweptTelemetry,
  type TelemetryOptions,
} from '../../src/adapters/prometheus/telemetry.ts';
import { MetricTemplate } from '../../src/api/metric-template.ts';

/** What the tests of a file measure with; closed after each of them. */
export class OpenedTelemetry {
  readonly #open: SweptTelemetry[] = [];

  constructor() {
    afterEach(() => {
      for (const telemetry of this.#open.splice(0)) telemetry.close();
    });
  }

  /** Without templates and Secrets, unless the options have some. */
  to(server: TelemetryOptions['server'], options: Partial<TelemetryOptions> = {}): SweptTelemetry {
    const made = createTelemetry({
      server,
      clock: { now: Date.now },
      template: () => undefined,
      secret: () => Promise.resolve(undefined),
      ...options,
    });
    this.#open.push(made);
    return made;
  }
}

/** Whatever template is asked for has this query and, in part, this provider. */
export function templated(
  query: string,
  provider: object = {},
): Pick<TelemetryOptions, 'template'> {
  return {
    template: (namespace, name) =>
      MetricTemplate.parse({
        apiVersion: 'linnet.dev/v1beta1',
        kind: 'MetricTemplate',
        metadata: { namespace, name },
        spec: { provider: { type: 'prometheus', ...provider }, query },
      }),
  };
}
