import { notAcceptable } from '../objects/api-errors.ts';

/** In what form a client wants to see objects. */
export type ObjectForm = 'object' | 'table' | 'metadata';

export interface Negotiated {
  form: ObjectForm;
  yaml: boolean;
}

const JSON_TYPES = new Set(['application/json', '*/*', 'application/*']);
const YAML_TYPES = new Set(['application/yaml']);
const SUPPORTED = ['application/json', 'application/yaml', 'application/json;stream=watch'];

/** The first form in the Accept header that the server has. Throws NotAcceptable without one. */
export function negotiate(accept: string | undefined): Negotiated {
  if (!accept) return { form: 'object', yaml: false };
  for (const { type, parameters } of mediaTypes(accept)) {
    const yaml = YAML_TYPES.has(type);
    if (!yaml && !JSON_TYPES.has(type)) continue;
    const form = formOf(parameters);
    if (form) return { form, yaml };
  }
  throw notAcceptable(SUPPORTED);
}

/** Whether the client asks for aggregated discovery, and in which version of it. */
export function aggregatedDiscoveryVersion(accept: string | undefined): string | undefined {
  for (const { parameters } of mediaTypes(accept ?? '')) {
    const { g, v, as } = parameters;
    const isKnown = g === 'apidiscovery.k8s.io' && as === 'APIGroupDiscoveryList';
    if (isKnown && (v === 'v2' || v === 'v2beta1')) return v;
  }
  return undefined;
}

export interface MediaType {
  type: string;
  parameters: Record<string, string>;
}

/** `application/json;as=Table;v=v1, application/json` read into its parts, in order. */
export function mediaTypes(header: string): MediaType[] {
  return header
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [type = '', ...parameters] = entry.split(';').map((part) => part.trim());
      const pairs = parameters.map((part) => part.split('=', 2) as [string, string]);
      return { type: type.toLowerCase(), parameters: Object.fromEntries(pairs) };
    });
}

function formOf({ as, v, g }: Record<string, string>): ObjectForm | undefined {
  if (as === undefined) return 'object';
  if (g !== 'meta.k8s.io' || v !== 'v1') return undefined;
  if (as === 'Table') return 'table';
  return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList'
    ? 'metadata'
    : undefined;
}
