import { BUILTIN_DEFAULTS } from './defaults.ts';
import { objectsOf } from './pod-defaults.ts';
import type { JsonObject, KubeObject } from '../cluster-state.ts';
import { cloneJson, isJsonObject } from '../values/json-tree.ts';
import { valueAt, type StorageForm } from '../objects/resource-definition.ts';

const TABLE = 'horizontalpodautoscalers';

/** `autoscaling/v1` knows one metric, the use of cpu; autoscalers are stored as `autoscaling/v2`. */
export const AUTOSCALER_V1: StorageForm = {
  table: TABLE,
  encode(object) {
    const next = cloneJson(object);
    const { targetCPUUtilizationPercentage: target, ...spec } = next.spec ?? {};
    if (target !== undefined) spec['metrics'] = [cpuMetric(target as number)];
    BUILTIN_DEFAULTS[TABLE]?.(spec, next);
    return { ...next, apiVersion: 'autoscaling/v2', spec };
  },
  decode(object) {
    const { metrics, behavior: _behavior, ...spec } = cloneJson(object.spec ?? {});
    const target = cpuTarget(objectsOf(metrics));
    if (target !== undefined) spec['targetCPUUtilizationPercentage'] = target as number;
    return { ...object, apiVersion: 'autoscaling/v1', spec, status: plainStatus(object) };
  },
};

function cpuMetric(averageUtilization: number): JsonObject {
  const target = { type: 'Utilization', averageUtilization };
  return { type: 'Resource', resource: { name: 'cpu', target } };
}

function cpuTarget(metrics: JsonObject[]): unknown {
  const cpu = metrics.find((metric) => valueAt(metric, 'resource.name') === 'cpu');
  return cpu && valueAt(cpu, 'resource.target.averageUtilization');
}

function plainStatus({ status }: KubeObject): JsonObject {
  const { conditions: _conditions, currentMetrics, ...rest } = cloneJson(status ?? {});
  const found = Array.isArray(currentMetrics) ? currentMetrics.filter(isJsonObject) : [];
  const used = found.map((metric) => valueAt(metric, 'resource.current.averageUtilization'))[0];
  return typeof used === 'number' ? { ...rest, currentCPUUtilizationPercentage: used } : rest;
}
