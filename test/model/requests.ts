import { ClusterError, type ApiClient, type KubeObject } from '../../src/ports/cluster.ts';
import type { Measurement } from '../../src/ports/telemetry.ts';
import { CANARY, SLOTS, slotOf, slotOfObject, slotText } from './slots.ts';

/** One thing that a look asks of the world outside its process; each is a step of the model. */
export type Request =
  | { readonly verb: 'read'; readonly slot: number }
  /** All EndpointSlices, or the objects in these slots. */
  | { readonly verb: 'endpoints' }
  | { readonly verb: 'list'; readonly slots: readonly number[] }
  /** The status, under the resourceVersion that was read. */
  | { readonly verb: 'store'; readonly version: string; readonly status: unknown }
  | {
      readonly verb: 'patch';
      readonly slot: number;
      readonly patch: string;
      readonly body: unknown;
    }
  | { readonly verb: 'create'; readonly slot: number; readonly object: KubeObject }
  | { readonly verb: 'delete'; readonly slot: number; readonly version: string | undefined }
  | { readonly verb: 'measure' };

/** Answers of the API server that are no success, and those of the metrics store. */
export type Answer = KubeObject | undefined | readonly KubeObject[] | Measurement | ClusterError;

export interface Pending {
  readonly request: Request;
  readonly settle: (answer: Answer) => void;
}

/** Whether a request changes the cluster. */
export type Write = Exclude<Request, { verb: 'read' | 'endpoints' | 'list' | 'measure' }>;

export function isWrite(request: Request): request is Write {
  const { verb } = request;
  return verb !== 'read' && verb !== 'endpoints' && verb !== 'list' && verb !== 'measure';
}

export function slotWritten(request: Request): number | undefined {
  if (request.verb === 'store') return CANARY;
  return 'slot' in request && request.verb !== 'read' ? request.slot : undefined;
}

/** The API client of one look: hands every call to `ask` and waits for what the model answers. */
export function askingApi(ask: (request: Request) => Promise<Answer>): ApiClient {
  async function one(request: Request): Promise<KubeObject> {
    const answer = await ask(request);
    if (answer === undefined) throw new Error('a write was answered with nothing');
    return answer as KubeObject;
  }
  return {
    async get(kind, _namespace, name) {
      const slot = slotOf(kind, name);
      if (slot === undefined) return undefined;
      return (await ask({ verb: 'read', slot })) as KubeObject | undefined;
    },
    async list(kind, { labelSelector } = {}) {
      const slots = SLOTS.flatMap((one, slot) => (one.kind.kind === kind.kind ? [slot] : []));
      const request: Request | undefined =
        kind.kind === 'EndpointSlice'
          ? { verb: 'endpoints' }
          : slots.length === 0
            ? undefined
            : { verb: 'list', slots };
      const all = request === undefined ? [] : ((await ask(request)) as readonly KubeObject[]);
      const items = all.filter((object) => isNamed(object, kind.kind, labelSelector));
      return { resourceVersion: '1', items };
    },
    watch() {
      throw new Error('the small world has no watches: what a store has missed is a move');
    },
    create: (_kind, object) => one({ verb: 'create', slot: must(slotOfObject(object)), object }),
    replace(_kind, { metadata: { resourceVersion = '' }, ...object }, { subresource } = {}) {
      if (subresource !== 'status') throw new Error('only a status is ever replaced');
      return one({ verb: 'store', version: resourceVersion, status: object['status'] });
    },
    patch(kind, _namespace, name, patch, body, { dryRun = false } = {}) {
      if (dryRun) return Promise.resolve(dryRunOf(body));
      return one({ verb: 'patch', slot: must(slotOf(kind, name)), patch, body });
    },
    async delete(kind, _namespace, name, { resourceVersion } = {}) {
      const slot = must(slotOf(kind, name));
      await ask({ verb: 'delete', slot, version: resourceVersion });
    },
  };
}

function must(slot: number | undefined): number {
  if (slot === undefined)
    throw new Error('an object was written that the small world does not have');
  return slot;
}

/** Slices are asked for by Service; of other lists the label matters to nobody here. */
function isNamed(object: KubeObject, kind: string, labelSelector = ''): boolean {
  if (kind !== 'EndpointSlice') return true;
  return /\((.*)\)/.exec(labelSelector)?.[1]?.split(',').includes(object.metadata.name) ?? true;
}

/** This API server adds no defaults: what is written is what is there. */
function dryRunOf(body: unknown): KubeObject {
  const [{ value }] = body as [{ value: unknown }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: '' },
    spec: { template: value },
  };
}

export function conflictOn(slot: number): ClusterError {
  return new ClusterError(`${slotText(slot)}: conflict`, { code: 409, reason: 'Conflict' });
}
