import { ApiError, type StatusCause, type StatusDetails } from '../cluster-state.ts';

/** What a refusal is about: the resource of the request and, where known, the object's name. */
export interface Subject {
  group: string;
  resource: string;
  kind: string;
}

/** One fault of one field, worded as the API words it; `field` is a path such as `spec.ports[0].port`. */
export interface FieldFault {
  field: string;
  reason: string;
  message: string;
}

export function notFound(subject: Subject, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${quoted(subject, name)} not found`, about(subject, name));
}

export function alreadyExists(subject: Subject, name: string): ApiError {
  const message = `${quoted(subject, name)} already exists`;
  return new ApiError(409, 'AlreadyExists', message, about(subject, name));
}

const CHANGED_MEANWHILE =
  'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(subject: Subject, name: string, cause = CHANGED_MEANWHILE): ApiError {
  const message = `Operation cannot be fulfilled on ${quoted(subject, name)}: ${cause}`;
  return new ApiError(409, 'Conflict', message, about(subject, name));
}

export function forbidden(
  subject: Subject,
  name: string,
  why: string,
  causes?: StatusCause[],
): ApiError {
  const message = `${quoted(subject, name)} is forbidden: ${why}`;
  const details = about(subject, name);
  return new ApiError(403, 'Forbidden', message, causes ? { ...details, causes } : details);
}

/** 422 with one cause a fault; the message lists them as the API does, in brackets when several. */
export function invalid(
  subject: { group: string; kind: string },
  name: string,
  faults: FieldFault[],
): ApiError {
  const lines = [...new Set(faults.map((fault) => `${fault.field}: ${fault.message}`))];
  const listed = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  const qualified = subject.group === '' ? subject.kind : `${subject.kind}.${subject.group}`;
  return new ApiError(422, 'Invalid', `${qualified} "${name}" is invalid: ${listed}`, {
    ...(name === '' ? {} : { name }),
    ...(subject.group === '' ? {} : { group: subject.group }),
    ...(subject.kind === '' ? {} : { kind: subject.kind }),
    causes: faults.map(({ reason, message, field }) => ({ reason, message, field })),
  });
}

/** A JSON Patch that cannot be carried out, a failed `test` included. */
export function unprocessable(): ApiError {
  const message = 'the server rejected our request due to an error in our request';
  return new ApiError(422, 'Invalid', message, {});
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

export function unsupportedMediaType(supported: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${supported.join(', ')}`;
  return new ApiError(415, 'UnsupportedMediaType', message);
}

/** For a content type that no resource takes. */
export function unknownMediaType(): ApiError {
  return new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
}

export function notAcceptable(supported: readonly string[]): ApiError {
  const message = `406: Not Acceptable\n\nAvailable representations: ${supported.join(', ')}`;
  return new ApiError(406, 'NotAcceptable', message, {});
}

export function methodNotAllowed(): ApiError {
  const message = 'the server does not allow this method on the requested resource';
  return new ApiError(405, 'MethodNotAllowed', message, {});
}

/** How custom resources say `methodNotAllowed`. */
export function notSupported(subject: Subject, verb: string): ApiError {
  const message = `${verb} is not supported on resources of kind "${qualifiedResource(subject)}"`;
  const { group, resource } = subject;
  return new ApiError(405, 'MethodNotAllowed', message, { group, kind: resource });
}

export function unknownResource(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function expired(message: string): ApiError {
  return new ApiError(410, 'Expired', message);
}

/** The `Status` object that carries an error to a client. */
export function statusOf(error: ApiError): Record<string, unknown> {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: error.message,
    ...(error.reason === '' ? {} : { reason: error.reason }),
    ...(error.details ? { details: error.details } : {}),
    code: error.code,
  };
}

function quoted(subject: Subject, name: string): string {
  return `${qualifiedResource(subject)} "${name}"`;
}

function qualifiedResource({ group, resource }: Subject): string {
  return group === '' ? resource : `${resource}.${group}`;
}

function about({ group, resource }: Subject, name: string): StatusDetails {
  return { name, ...(group === '' ? {} : { group }), kind: resource };
}
