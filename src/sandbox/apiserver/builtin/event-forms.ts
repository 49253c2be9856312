import type { KubeObject } from '../cluster-state.ts';
import type { StorageForm } from '../objects/resource-definition.ts';

/** Field names of `events.k8s.io/v1`, and what the same is called in the core group. */
const RENAMED: Record<string, string> = {
  regarding: 'involvedObject',
  note: 'message',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
};

/** Events are one table that is served in two groups, with different names for the same fields. */
export const CORE_EVENTS: StorageForm = {
  table: 'events',
  encode: (object) => object,
  decode: (object) => object,
};

export const NAMED_EVENTS: StorageForm = {
  table: 'events',
  encode: (object) => renamed(object, 'v1', RENAMED),
  decode: (object) => withoutBlanks(renamed(object, 'events.k8s.io/v1', inverse(RENAMED))),
};

function renamed(
  object: KubeObject,
  apiVersion: string,
  names: Record<string, string>,
): KubeObject {
  const fields = Object.entries(object).map(([field, value]) => [names[field] ?? field, value]);
  return { ...(Object.fromEntries(fields) as KubeObject), apiVersion };
}

/** The newer form leaves out who reported when nobody is named. */
function withoutBlanks(event: KubeObject): KubeObject {
  const shown = { ...event };
  for (const field of ['reportingController', 'reportingInstance']) {
    if (shown[field] === '') delete shown[field];
  }
  return shown;
}

function inverse(names: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(names).map(([left, right]) => [right, left]));
}
