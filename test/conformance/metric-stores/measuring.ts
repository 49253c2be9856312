import { MetricTemplate } from '../../../src/api/metric-template.ts';
import { variablesOf } from '../../../src/api/query-template.ts';
import {
  createMetricStores,
  type MetricStoresOptions,
} from '../../../src/adapters/metric-stores/metric-stores.ts';
import type { Measurement } from '../../../src/ports/telemetry.ts';
import { aCanary } from '../../builders/canary.ts';
import { NOW, SINCE } from './store-case.ts';

export interface Measured {
  readonly provider: Readonly<Record<string, unknown>>;
  readonly query: string;
  /** What the Secret `keys` holds; undefined: there is none. */
  readonly secret?: Readonly<Record<string, string>> | undefined;
  readonly variables?: Readonly<Record<string, string>>;
  readonly interval?: string;
  readonly options?: Partial<MetricStoresOptions>;
  readonly since?: number;
}

/** Measures the MetricTemplate `shop/errors` for the Canary `shop/checkout`, at `NOW`. */
export function measureTemplate({
  provider,
  query,
  secret,
  variables,
  interval = '1m',
  options,
  since = SINCE,
}: Measured): Promise<Measurement> {
  const template = MetricTemplate.parse({
    apiVersion: 'linnet.dev/v1beta1',
    kind: 'MetricTemplate',
    metadata: { namespace: 'shop', name: 'errors' },
    spec: { provider, query },
  });
  const stores = createMetricStores({ secret: () => Promise.resolve(secret), ...options });
  const filled = variablesOf(aCanary(), interval, variables);
  return stores.measure(template, filled, { since, now: NOW });
}
