/** A column of `kubectl get`; those of priority 1 appear with `-o wide` only. */
export interface PrinterColumn {
  name: string;
  type: 'string' | 'boolean' | 'integer' | 'date';
  jsonPath: string;
  priority?: 1;
}

/** Flagger's columns, in its order and under its names, then Linnet's own. */
const canary: PrinterColumn[] = [
  { name: 'Status', type: 'string', jsonPath: '.status.phase' },
  { name: 'Weight', type: 'string', jsonPath: '.status.canaryWeight' },
  { name: 'Suspended', type: 'boolean', jsonPath: '.spec.suspend', priority: 1 },
  { name: 'FailedChecks', type: 'string', jsonPath: '.status.failedChecks', priority: 1 },
  { name: 'Interval', type: 'string', jsonPath: '.spec.analysis.interval', priority: 1 },
  { name: 'Mirror', type: 'boolean', jsonPath: '.spec.analysis.mirror', priority: 1 },
  { name: 'StepWeight', type: 'string', jsonPath: '.spec.analysis.stepWeight', priority: 1 },
  { name: 'StepWeights', type: 'string', jsonPath: '.spec.analysis.stepWeights', priority: 1 },
  { name: 'MaxWeight', type: 'string', jsonPath: '.spec.analysis.maxWeight', priority: 1 },
  { name: 'LastTransitionTime', type: 'string', jsonPath: '.status.lastTransitionTime' },
  {
    name: 'Ready',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Ready")].status',
    priority: 1,
  },
  { name: 'Revision', type: 'string', jsonPath: '.status.revision', priority: 1 },
  { name: 'Verdict', type: 'string', jsonPath: '.status.verdict', priority: 1 },
];

const metricTemplate: PrinterColumn[] = [
  { name: 'Provider', type: 'string', jsonPath: '.spec.provider.type' },
];

const alertProvider: PrinterColumn[] = [{ name: 'Type', type: 'string', jsonPath: '.spec.type' }];

export const printerColumns = { canary, metricTemplate, alertProvider };
