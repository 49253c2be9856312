import http from 'node:http';
import type { AddressInfo } from 'node:net';

type Labels = Readonly<Record<string, string>>;

/** A pod's proxy, as far as a scraper sees it: counters with labels, on a free port. */
export class MeshMetrics {
  readonly #series = new Map<string, number>();
  readonly #server = http.createServer((_request, response) => {
    response.end([...this.#series].map(([series, value]) => `${series} ${value}\n`).join(''));
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Sets a counter or gauge, whatever it was. */
  set(name: string, labels: Labels, value: number): void {
    this.#series.set(text(name, labels), value);
  }

  remove(name: string, labels: Labels): void {
    this.#series.delete(text(name, labels));
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** Labels of `istio_requests_total` as a sidecar writes them; `labels` go before. */
export function answeredBy(workload: string, labels: Labels = {}): Labels {
  return {
    reporter: 'destination',
    destination_workload: workload,
    destination_workload_namespace: 'shop',
    destination_service_name: workload,
    destination_service_namespace: 'shop',
    request_protocol: 'http',
    response_code: '200',
    grpc_response_status: '',
    response_flags: '-',
    ...labels,
  };
}

/** Labels of `istio_tcp_connections_opened_total`; `labels` go before. */
export function connectedTo(workload: string, labels: Labels = {}): Labels {
  const { response_code: _code, grpc_response_status: _status, ...rest } = answeredBy(workload);
  return { ...rest, request_protocol: 'tcp', ...labels };
}

function text(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${pairs.join(',')}}`;
}
