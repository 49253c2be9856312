import { parse as parseYaml } from 'yaml';

import { badRequest, invalid, unsupportedMediaType } from '../objects/api-errors.ts';
import { isJsonObject, scalarText } from '../values/json-tree.ts';
import type { FieldValidation } from '../objects/decode.ts';
import { fieldFault } from '../objects/field-faults.ts';
import { mediaTypes } from './negotiation.ts';
import type { WriteOptions } from '../objects/writes.ts';
import { decodeProtobuf, PROTOBUF_TYPE } from './protobuf-decode.ts';
import type { ResourceTarget } from './request-target.ts';

/** A request about a resource, read but not yet understood. */
export interface ApiRequest {
  method: string;
  target: ResourceTarget;
  query: URLSearchParams;
  body: Buffer;
  contentType: string;
  accept: string | undefined;
  userAgent: string;
  /** Collects what goes into `Warning` headers. */
  warnings: string[];
}

export interface ApiAnswer {
  status: number;
  body: unknown;
}

const BODY_TYPES = ['application/json', 'application/yaml', PROTOBUF_TYPE];

/** The body, in JSON, YAML or protobuf. Throws BadRequest for one that cannot be read. */
export function parseBody({ body: bytes, contentType }: ApiRequest, kind?: string): unknown {
  if (bytes.length === 0) throw badRequest("Object 'Kind' is missing in ''");
  const type = mediaTypes(contentType)[0]?.type ?? 'application/json';
  if (!BODY_TYPES.includes(type)) throw unsupportedMediaType(BODY_TYPES);
  if (type === PROTOBUF_TYPE) return decodeProtobuf(bytes);
  const body = bytes.toString('utf8');
  if (type.includes('yaml')) {
    try {
      return parseYaml(body);
    } catch (error) {
      throw badRequest(`error decoding YAML: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  try {
    return JSON.parse(body) as unknown;
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind ?? type}): couldn't get version/kind; json parse error: ${(error as Error).message}`,
    );
  }
}

/** Refuses a body that is named otherwise than its address. */
export function requireNamed(body: unknown, name: string): void {
  const metadata = isJsonObject(body) ? body['metadata'] : undefined;
  const given = isJsonObject(metadata) ? metadata['name'] : undefined;
  if (given === undefined || given === '' || given === name) return;
  throw badRequest(
    `the name of the object (${scalarText(given)}) does not match the name on the URL (${name})`,
  );
}

/** Longest name of a field manager, in characters. */
const LONGEST_MANAGER = 128;

/** What the query says about how to write. `operation` names the options object in refusals. */
export function writeOptions(request: ApiRequest, operation: string): WriteOptions {
  const { query, userAgent, warnings } = request;
  const dryRun = isDryRun(query.getAll('dryRun'), operation);
  const validation = query.get('fieldValidation') || 'Warn';
  const supported = ['', 'Ignore', 'Strict', 'Warn'];
  if (!supported.includes(validation)) {
    const fault = fieldFault.notSupported('fieldValidation', validation, supported);
    throw optionFault(operation, fault);
  }
  const manager = query.get('fieldManager') ?? '';
  if (manager.length > LONGEST_MANAGER) {
    throw optionFault(operation, fieldFault.tooLong('fieldManager', LONGEST_MANAGER));
  }
  requirePrintable(manager, operation);
  return {
    fieldManager: manager || managerOf(userAgent),
    dryRun,
    fieldValidation: validation as FieldValidation,
    warn: (message) => warnings.push(message),
  };
}

/** Throws Invalid for stages of a dry run other than `All`. */
export function isDryRun(stages: string[], operation: string): boolean {
  const asked = stages.filter((one) => one !== '');
  if (asked.some((one) => one !== 'All')) {
    throw optionFault(operation, fieldFault.notSupported('dryRun', asked, ['All']));
  }
  return asked.length > 0;
}

export function optionFault(
  operation: string,
  fault: ReturnType<typeof fieldFault.required>,
): Error {
  return invalid({ group: 'meta.k8s.io', kind: `${operation}Options` }, '', [fault]);
}

function requirePrintable(manager: string, operation: string): void {
  const at = manager.search(/[\p{C}\p{Zl}\p{Zp}]/u);
  if (at < 0) return;
  const code = (manager.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const detail = `invalid character U+${code} (at position ${at})`;
  throw optionFault(operation, fieldFault.invalid('fieldManager', manager, detail));
}

/** Who writes, when the request does not say: the program's name in its user agent. */
function managerOf(userAgent: string): string {
  return (userAgent.split('/')[0] ?? '').slice(0, LONGEST_MANAGER) || 'unknown';
}
