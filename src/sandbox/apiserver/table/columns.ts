import type { KubeObject } from '../cluster-state.ts';
import { humanAge } from './human-age.ts';
import { parseJsonPath } from './json-path.ts';

/** A column of `kubectl get`; those with a priority above 0 show only with `-o wide`. */
export interface TableColumn {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  format: string;
  description: string;
  priority: number;
  cell: Cell;
}

export type Cell = (object: KubeObject, now: Date) => unknown;

export const nameColumn = column('Name', (object) => object.metadata.name, { format: 'name' });
export const ageColumn = column('Age', (object, now) =>
  humanAge(object.metadata.creationTimestamp, now),
);

export const DEFAULT_COLUMNS: readonly TableColumn[] = [
  nameColumn,
  column('Created At', (object) => object.metadata.creationTimestamp, { type: 'date' }),
];

export function column(
  name: string,
  cell: Cell,
  rest: Partial<Omit<TableColumn, 'name' | 'cell'>> = {},
): TableColumn {
  return { name, type: 'string', format: '', description: '', priority: 0, ...rest, cell };
}

/** A column that shows only with `-o wide`. */
export function wide(name: string, cell: Cell): TableColumn {
  return column(name, cell, { priority: 1 });
}

/** A column as a CustomResourceDefinition declares it. */
export interface PrinterColumn {
  name: string;
  type: string;
  jsonPath: string;
  format?: string;
  description?: string;
  priority?: number;
}

/** The columns of a custom resource: its name, then what its definition declares, or the age. */
export function customColumns(declared: readonly PrinterColumn[] | undefined): TableColumn[] {
  if (!declared || declared.length === 0) {
    return [nameColumn, column('Age', ageColumn.cell, { type: 'date' })];
  }
  return [nameColumn, ...declared.map(customColumn)];
}

function customColumn(declared: PrinterColumn): TableColumn {
  const find = parseJsonPath(declared.jsonPath);
  const type = declared.type as TableColumn['type'];
  return {
    name: declared.name,
    type,
    format: declared.format ?? '',
    description:
      declared.description ??
      `Custom resource definition column (in JSONPath format): ${declared.jsonPath}`,
    priority: declared.priority ?? 0,
    cell: (object, now) => typed(find(object), type, now),
  };
}

function typed(found: unknown[], type: TableColumn['type'], now: Date): unknown {
  const [first] = found;
  if (first === undefined) return null;
  switch (type) {
    case 'integer':
      return typeof first === 'number' ? Math.trunc(first) : null;
    case 'number':
      return typeof first === 'number' ? first : null;
    case 'boolean':
      return typeof first === 'boolean' ? first : null;
    case 'date':
      return typeof first === 'string' ? dateCell(first, now) : null;
    case 'string':
      return found
        .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
        .join(' ');
  }
}

function dateCell(value: string, now: Date): string {
  return Number.isNaN(Date.parse(value)) ? '<invalid>' : humanAge(value, now);
}
