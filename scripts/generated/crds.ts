import { stringify } from 'yaml';
import { AlertProviderSpec } from '../../src/api/alert-provider.ts';
import {
  ALERT_PROVIDERS,
  CANARIES,
  GROUP,
  METRIC_TEMPLATES,
  VERSION,
} from '../../src/api/group.ts';
import { MetricTemplateSpec } from '../../src/api/metric-template.ts';
import { CanarySpecInput } from '../../src/api/spec.ts';
import { CanaryStatus } from '../../src/api/status.ts';
import type { GeneratedFile } from './file.ts';
import { type PrinterColumn, printerColumns } from './printer-columns.ts';
import { type StructuralSchema, structuralSchema } from './structural-schema.ts';

export interface CustomResource {
  kind: string;
  plural: string;
  description: string;
  columns: PrinterColumn[];
  spec: StructuralSchema;
  status: StructuralSchema;
}

/** Other tools may write a status to these kinds; Linnet writes none and keeps what it finds. */
const openStatus: StructuralSchema = {
  type: 'object',
  description: 'Observed state.',
  'x-kubernetes-preserve-unknown-fields': true,
};

/** The three kinds, with the schemas that the API server enforces. */
export function customResources(): CustomResource[] {
  return [
    {
      ...CANARIES,
      description: 'How a workload is released: where its traffic goes, and what judges it.',
      columns: printerColumns.canary,
      spec: { description: 'Desired state.', ...structuralSchema(CanarySpecInput, 'spec') },
      status: { description: 'Observed state.', ...structuralSchema(CanaryStatus, 'status') },
    },
    {
      ...METRIC_TEMPLATES,
      description: 'A query that Canaries share.',
      columns: printerColumns.metricTemplate,
      spec: { description: 'Desired state.', ...structuralSchema(MetricTemplateSpec, 'spec') },
      status: openStatus,
    },
    {
      ...ALERT_PROVIDERS,
      description: 'A place that messages about Canaries are sent to.',
      columns: printerColumns.alertProvider,
      spec: { description: 'Desired state.', ...structuralSchema(AlertProviderSpec, 'spec') },
      status: openStatus,
    },
  ];
}

/** The CustomResourceDefinitions, for `kubectl apply` and for the chart. */
export function crdFiles(): GeneratedFile[] {
  return customResources().flatMap((resource) => {
    const name = `${GROUP}_${resource.plural}.yaml`;
    const content = yamlOf(definitionOf(resource));
    return ['crds', 'charts/linnet/crds'].map((folder) => ({ path: `${folder}/${name}`, content }));
  });
}

function yamlOf(definition: object): string {
  const header = '# Generated from src/api by `npm run generate`; do not edit.\n';
  // kubectl reads YAML 1.1, in which a field named `n` is a boolean unless it is quoted.
  const options = { version: '1.1', lineWidth: 100, aliasDuplicateObjects: false } as const;
  return header + stringify(definition, options);
}

function definitionOf({ kind, plural, description, columns, spec, status }: CustomResource) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        categories: ['all'],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: {
            openAPIV3Schema: {
              description,
              type: 'object',
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string', description: 'Version of the API.' },
                kind: { type: 'string', description: 'Kind of the object.' },
                metadata: { type: 'object' },
                spec,
                status,
              },
            },
          },
        },
      ],
    },
  };
}
