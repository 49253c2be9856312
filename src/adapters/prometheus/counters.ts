import type { Unit } from '../../api/counted-units.ts';
import { FAILURE_FLAGS, LOSS_FLAGS, ZTUNNEL_FAILED } from './classify.ts';
import { REPORTERS } from './sources.ts';

export const UNITS: readonly Unit[] = ['requests', 'connections'];

/** They are told apart, and never added up. */
export const BY_REPORTERS = `reporter=~"${REPORTERS.join('|')}"`;

/** Who sees what comes to no workload: proxies of callers, and waypoints. */
export const BY_CALLERS = 'reporter=~"source|waypoint"';

/** The workloads' own proxies alone. */
export const BY_OWN = `reporter="${REPORTERS[0]}"`;

/** Who reported, and of whom. */
export const WORKLOAD_LABELS = 'reporter,destination_workload_namespace,destination_workload';
export const REQUEST_LABELS = `${WORKLOAD_LABELS},request_protocol,response_code,grpc_response_status,response_flags`;
export const LOSS_LABELS =
  'reporter,destination_service_namespace,destination_service_name,destination_workload_namespace,destination_workload,response_flags';

/** Selects the counter of what came to workloads. */
export function counterOf(unit: Unit, matchers: readonly string[]): string {
  const reported = [BY_REPORTERS, ...matchers];
  return unit === 'requests'
    ? `${REQUESTS}{${reported.join(',')}}`
    : `${OPENED}{${[TO_A_SERVICE, ...reported].join(',')}}`;
}

/** A query of a unit's, given how a selector is made into growth. */
export type UnitQuery = (
  matchers: readonly string[],
  grown: (selector: string) => string,
) => string;

/** What came to each workload, by how it ended. */
export const ANSWERS: Readonly<Record<Unit, UnitQuery>> = {
  requests: (matchers, grown) =>
    `sum by (${REQUEST_LABELS}) (${grown(counterOf('requests', matchers))})`,
  connections: (matchers, grown) => {
    const opened = grown(counterOf('connections', matchers));
    const broken = grown(`${CLOSED}{${[BROKEN, BY_REPORTERS, ...matchers].join(',')}}`);
    return overTcp(`sum by (${WORKLOAD_LABELS},response_flags) (${opened} or ${broken})`);
  },
};

/** What callers' proxies saw fail. */
export const LOSSES: Readonly<Record<Unit, UnitQuery>> = {
  requests: (matchers, grown) => {
    const selector = [BY_CALLERS, flagged(LOSS_FLAGS), ...matchers].join(',');
    return `sum by (${LOSS_LABELS}) (${grown(`${REQUESTS}{${selector}}`)}) > 0`;
  },
  connections: (matchers, grown) => {
    const selector = [BY_CALLERS, flagged(FAILURE_FLAGS), ...matchers].join(',');
    return overTcp(`sum by (${LOSS_LABELS}) (${grown(`${OPENED}{${selector}}`)}) > 0`);
  },
};

function flagged(flags: readonly string[]): string {
  return `response_flags=~"(.*,)?(${flags.join('|')})(,.*)?"`;
}

/** So that they are told from requests in meshes that lack the label, too. */
function overTcp(query: string): string {
  return `label_replace(${query}, "request_protocol", "tcp", "", "")`;
}

const REQUESTS = 'istio_requests_total';
/** Envoy writes both with the flags of the first report: closed tells no more, and may come days later. */
const OPENED = 'istio_tcp_connections_opened_total';
const CLOSED = 'istio_tcp_connections_closed_total';

/** ztunnel alone has such flags, and only where it closes. */
const BROKEN = `response_flags="${ZTUNNEL_FAILED}"`;

/** Whoever scrapes or probes a port that no Service has, calls a pod, not a version. */
const TO_A_SERVICE = 'destination_service_name!~"InboundPassthroughCluster.*"';
