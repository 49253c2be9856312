import type { JsonObject } from './apiserver/cluster-state.ts';

/**
 * Schemas of Istio's kinds as far as the sandbox's mesh reads them, so that what it gets has the
 * right types. Everything else is kept as it is given: a newer Istio knows more fields.
 */

const ANYTHING: JsonObject = { 'x-kubernetes-preserve-unknown-fields': true };
const STRING: JsonObject = { type: 'string' };
const INTEGER: JsonObject = { type: 'integer', format: 'int32' };
const DURATION: JsonObject = {
  type: 'string',
  'x-kubernetes-validations': [
    {
      rule: "duration(self) >= duration('1ms')",
      message: 'must be a valid duration greater than 1ms',
    },
  ],
};
const STRINGS = list(STRING);
const STRING_MAP = map(STRING);

const STRING_MATCH = object({ exact: STRING, prefix: STRING, regex: STRING });
const PERCENTAGE = object({ value: { type: 'number', format: 'double' } });
const DESTINATION = object(
  { host: STRING, subset: STRING, port: object({ number: { ...INTEGER, minimum: 0 } }) },
  ['host'],
);
const HEADER_OPERATIONS = object({ set: STRING_MAP, add: STRING_MAP, remove: STRINGS });
const HEADERS = object({ request: HEADER_OPERATIONS, response: HEADER_OPERATIONS });

const HTTP_MATCH = object({
  uri: STRING_MATCH,
  scheme: STRING_MATCH,
  method: STRING_MATCH,
  authority: STRING_MATCH,
  headers: map(STRING_MATCH),
  withoutHeaders: map(STRING_MATCH),
  queryParams: map(STRING_MATCH),
  ignoreUriCase: { type: 'boolean' },
  port: { ...INTEGER, minimum: 0 },
  sourceLabels: STRING_MAP,
  sourceNamespace: STRING,
  gateways: STRINGS,
});

const HTTP_ROUTE = object({
  name: STRING,
  match: list(HTTP_MATCH),
  route: list(
    object({ destination: DESTINATION, weight: INTEGER, headers: HEADERS }, ['destination']),
  ),
  redirect: object({
    uri: STRING,
    authority: STRING,
    scheme: STRING,
    port: { ...INTEGER, minimum: 0 },
    redirectCode: { ...INTEGER, minimum: 0 },
  }),
  directResponse: object(
    { status: { ...INTEGER, minimum: 0 }, body: object({ string: STRING, bytes: STRING }) },
    ['status'],
  ),
  delegate: object({ name: STRING, namespace: STRING }),
  rewrite: object({
    uri: STRING,
    authority: STRING,
    uriRegexRewrite: object({ match: STRING, rewrite: STRING }),
  }),
  timeout: DURATION,
  retries: object({ attempts: INTEGER, perTryTimeout: DURATION, retryOn: STRING }),
  fault: object({
    delay: object({ fixedDelay: DURATION, percentage: PERCENTAGE }),
    abort: object({ httpStatus: INTEGER, percentage: PERCENTAGE }),
  }),
  mirror: DESTINATION,
  mirrorPercentage: PERCENTAGE,
  mirrors: list(object({ destination: DESTINATION, percentage: PERCENTAGE }, ['destination'])),
  headers: HEADERS,
});

export const VIRTUAL_SERVICE_SPEC = object({
  hosts: STRINGS,
  gateways: STRINGS,
  exportTo: STRINGS,
  http: list(HTTP_ROUTE),
});

export const DESTINATION_RULE_SPEC = object(
  {
    host: STRING,
    exportTo: STRINGS,
    subsets: list(object({ name: STRING, labels: STRING_MAP }, ['name'])),
  },
  ['host'],
);

export const GATEWAY_SPEC = object({
  selector: STRING_MAP,
  servers: list(object({ hosts: STRINGS }, ['hosts'])),
});

/** The status that istiod may write. */
export const STATUS: JsonObject = { type: 'object', ...ANYTHING };

function object(properties: JsonObject, required: string[] = []): JsonObject {
  return { type: 'object', properties, ...(required.length > 0 && { required }), ...ANYTHING };
}

function list(items: JsonObject): JsonObject {
  return { type: 'array', items };
}

function map(values: JsonObject): JsonObject {
  return { type: 'object', additionalProperties: values };
}
