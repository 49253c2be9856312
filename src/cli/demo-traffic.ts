import { createClient, type PrometheusClient } from '../adapters/prometheus/client.ts';
import { CHECKOUT } from './demo-shop.ts';

export interface Traffic {
  readonly requestsPerSecond: number;
  /** 0 to 1. */
  readonly errorShare: number | undefined;
}

const SELECTOR = `reporter="destination",destination_workload_namespace="${CHECKOUT.namespace}"`;
const RATE = (more: string) =>
  `sum by (destination_workload)(rate(istio_requests_total{${SELECTOR}${more}}[5s]))`;

/** Request and error rates by workload, asked of the real Prometheus once a second. */
export class TrafficWatch {
  private readonly client: PrometheusClient;
  private readonly timer: NodeJS.Timeout;
  private rates = new Map<string, number>();
  private errors = new Map<string, number>();

  constructor(prometheusUrl: string) {
    this.client = createClient({ url: prometheusUrl });
    this.timer = setInterval(() => void this.ask(), 1000);
  }

  of(workload: string): Traffic | undefined {
    const requestsPerSecond = this.rates.get(workload);
    if (requestsPerSecond === undefined) return undefined;
    const errors = this.errors.get(workload) ?? 0;
    return {
      requestsPerSecond,
      errorShare: requestsPerSecond === 0 ? undefined : errors / requestsPerSecond,
    };
  }

  close(): void {
    clearInterval(this.timer);
    this.client.close();
  }

  private async ask(): Promise<void> {
    try {
      const [rates, errors] = await Promise.all([
        this.byWorkload(RATE('')),
        this.byWorkload(RATE(',response_code=~"5.."')),
      ]);
      this.rates = rates;
      this.errors = errors;
    } catch {
      // The picture keeps the last figures; the controller's own verdict says what is missing.
    }
  }

  private async byWorkload(query: string): Promise<Map<string, number>> {
    const { data } = await this.client.query(query);
    if (data.resultType !== 'vector') return new Map();
    const rows = data.result.map(
      ({ metric, value }) => [metric['destination_workload'] ?? '', Number(value?.[1])] as const,
    );
    return new Map(rows);
  }
}
