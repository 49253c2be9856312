import type { JsonObject, KubeObject, ResourceKind } from '../apiserver/cluster-state.ts';

const NETWORKING = { group: 'networking.istio.io', version: 'v1' };
export const VIRTUAL_SERVICES: ResourceKind = { ...NETWORKING, resource: 'virtualservices' };
export const DESTINATION_RULES: ResourceKind = { ...NETWORKING, resource: 'destinationrules' };
export const GATEWAYS: ResourceKind = { ...NETWORKING, resource: 'gateways' };

/** What the sandbox's mesh obeys of each kind. Other fields are kept by the API and not obeyed. */
export interface VirtualService extends KubeObject {
  spec: VirtualServiceSpec;
}

export interface VirtualServiceSpec extends JsonObject {
  hosts?: string[];
  gateways?: string[];
  http?: HttpRoute[];
}

export interface HttpRoute extends JsonObject {
  name?: string;
  match?: HttpMatch[];
  route?: RouteDestination[];
  redirect?: Redirect;
  directResponse?: DirectResponse;
  delegate?: Delegate;
  rewrite?: Rewrite;
  timeout?: string;
  retries?: Retries;
  fault?: Fault;
  mirror?: Destination;
  mirrorPercentage?: Percentage;
  mirrors?: Mirror[];
  headers?: Headers;
}

export interface HttpMatch extends JsonObject {
  uri?: StringMatch;
  scheme?: StringMatch;
  method?: StringMatch;
  authority?: StringMatch;
  headers?: Record<string, StringMatch>;
  withoutHeaders?: Record<string, StringMatch>;
  queryParams?: Record<string, StringMatch>;
  ignoreUriCase?: boolean;
  port?: number;
  sourceLabels?: Record<string, string>;
  sourceNamespace?: string;
  gateways?: string[];
}

export interface StringMatch extends JsonObject {
  exact?: string;
  prefix?: string;
  regex?: string;
}

export interface Destination extends JsonObject {
  host: string;
  subset?: string;
  port?: { number?: number };
}

export interface RouteDestination extends JsonObject {
  destination: Destination;
  weight?: number;
  headers?: Headers;
}

export interface Redirect extends JsonObject {
  uri?: string;
  authority?: string;
  scheme?: string;
  port?: number;
  redirectCode?: number;
}

export interface DirectResponse extends JsonObject {
  status: number;
  body?: { string?: string; bytes?: string };
}

export interface Delegate extends JsonObject {
  name: string;
  namespace?: string;
}

export interface Rewrite extends JsonObject {
  uri?: string;
  authority?: string;
  uriRegexRewrite?: { match?: string; rewrite?: string };
}

export interface Retries extends JsonObject {
  attempts?: number;
  perTryTimeout?: string;
  retryOn?: string;
}

export interface Percentage extends JsonObject {
  value?: number;
}

export interface Fault extends JsonObject {
  delay?: { fixedDelay?: string; percentage?: Percentage };
  abort?: { httpStatus?: number; percentage?: Percentage };
}

export interface Mirror extends JsonObject {
  destination: Destination;
  percentage?: Percentage;
}

export interface Headers extends JsonObject {
  request?: HeaderOperations;
  response?: HeaderOperations;
}

export interface HeaderOperations extends JsonObject {
  set?: Record<string, string>;
  add?: Record<string, string>;
  remove?: string[];
}

export interface DestinationRule extends KubeObject {
  spec: DestinationRuleSpec;
}

export interface DestinationRuleSpec extends JsonObject {
  host: string;
  subsets?: Subset[];
}

export interface Subset extends JsonObject {
  name: string;
  labels?: Record<string, string>;
}

export interface Gateway extends KubeObject {
  spec: GatewaySpec;
}

export interface GatewaySpec extends JsonObject {
  servers?: { hosts?: string[] }[];
}

/** Milliseconds of a duration such as `1.5s` or `2m30s`; undefined when it is none. */
export function durationMs(text: string | undefined): number | undefined {
  if (text === undefined || !/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
  return parts.reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (UNITS[unit] ?? 0), 0);
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
