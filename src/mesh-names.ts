import { MESH_LABELS, type MeshLabel } from './ports/mesh-series.ts';

export const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
export const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** A value of the label `reporter`. */
export const REPORTER = /^[\w.-]+$/;

/** Undefined where it is none. */
export function metricName(text: string): string | undefined {
  return METRIC_NAME.test(text) ? text : undefined;
}

/** In words for people. */
export const MESH_LABELS_SHAPE = `a list such as destination_workload=workload of ${MESH_LABELS.join(', ')}, each at most once, with names of labels that differ`;

/** What a list says of labels; undefined where it is none, or two labels would have one name. */
export function meshLabels(text: string): ReadonlyMap<MeshLabel, string> | undefined {
  const pairs = text.split(',').map((pair) => pair.trim().split('='));
  const labels = new Map<MeshLabel, string>();
  for (const [istio = '', own = '', ...more] of pairs) {
    const label = MESH_LABELS.find((one) => one === istio);
    const isName = LABEL_NAME.test(own) && more.length === 0;
    if (label === undefined || !isName || labels.has(label)) return undefined;
    labels.set(label, own);
  }
  const names = MESH_LABELS.map((label) => labels.get(label) ?? label);
  return new Set(names).size === names.length ? labels : undefined;
}

/** In words for people. */
export const MESH_REPORTERS_SHAPE =
  'one value of the label or two, separated by a comma, such as destination,waypoint; or source alone; or none, where series have no such label';

/** Undefined where it is no such list. */
export function meshReporters(text: string): readonly string[] | undefined {
  const values = text.split(',').map((value) => value.trim());
  // A matcher of nothing takes the series that lack the label.
  if (values.length === 1 && values[0] === 'none') return [''];
  const areValues = values.every((value) => REPORTER.test(value));
  const isAlone = !values.includes('source') || values.length === 1;
  const isShort = values.length <= 2 && new Set(values).size === values.length;
  return areValues && isAlone && isShort ? values : undefined;
}
