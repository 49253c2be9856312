/** A row of InfluxDB's annotated CSV by the names of its columns. */
export type Row = ReadonlyMap<string, Cell>;

export interface Cell {
  /** Empty means that there is none, after the column's default. */
  readonly text: string;
  /** `double`, `long`, `string`, ...; empty without an annotation. */
  readonly type: string;
}

/**
 * The tables of an answer in annotated CSV, each as its rows: tables follow each other, with a header
 * of their own after an empty line, and are told apart within one by the column `table`. Undefined
 * when the text is none: each of its tables has a column `result`, or `error`.
 */
export function tablesOf(csv: string): Row[][] | undefined {
  const records = recordsOf(csv);
  if (records === undefined) return undefined;
  const parts = partsOf(records).filter((part) => part.length > 0);
  return parts.every(isTable) ? parts.flatMap(tablesIn) : undefined;
}

type CsvRecord = readonly string[];

/** Between empty lines; annotations begin a part as well. */
function partsOf(records: readonly CsvRecord[]): CsvRecord[][] {
  const parts: CsvRecord[][] = [[]];
  for (const record of records) {
    const part = parts.at(-1) ?? [];
    const isEmpty = record.length === 1 && record[0] === '';
    const begins = isAnnotation(record) && part.some((other) => !isAnnotation(other));
    if (isEmpty || begins) parts.push([]);
    if (!isEmpty) parts.at(-1)?.push(record);
  }
  return parts;
}

function isTable(part: readonly CsvRecord[]): boolean {
  const header = part.find((record) => !isAnnotation(record)) ?? [];
  return header.includes('result') || header.includes('error');
}

function isAnnotation([first]: CsvRecord): boolean {
  return first?.startsWith('#') === true;
}

function tablesIn(part: readonly CsvRecord[]): Row[][] {
  const annotated = (name: string) => part.find(([first]) => first === name) ?? [];
  const [types, defaults] = [annotated('#datatype'), annotated('#default')];
  const [header, ...records] = part.filter((record) => !isAnnotation(record));
  const tables = new Map<string, Row[]>();
  for (const record of records) {
    const row = rowOf(header ?? [], record, types, defaults);
    const key = JSON.stringify(['result', 'table'].map((name) => row.get(name)?.text));
    const rows = tables.get(key) ?? [];
    rows.push(row);
    tables.set(key, rows);
  }
  return [...tables.values()];
}

function rowOf(header: CsvRecord, record: CsvRecord, types: CsvRecord, defaults: CsvRecord): Row {
  return new Map(
    header.map((name, i) => [
      name,
      {
        text: record[i] === undefined || record[i] === '' ? (defaults[i] ?? '') : record[i],
        type: types[i] ?? '',
      },
    ]),
  );
}

/** Records of RFC 4180: a quoted field may hold commas, line breaks and doubled quotes. */
function recordsOf(csv: string): string[][] | undefined {
  const records: string[][] = [];
  let record: string[] = [];
  let read = 0;
  for (const [field, quoted, plain = '', end] of csv.matchAll(FIELD)) {
    read += field.length;
    record.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    records.push(record);
    record = [];
  }
  return read === csv.length ? records : undefined;
}

const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/gy;
