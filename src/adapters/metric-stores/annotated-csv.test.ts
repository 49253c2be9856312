import { expect, it } from 'vitest';
import { tablesOf } from './annotated-csv.ts';

/** Each table as its rows, each row as the texts of a column. */
function column(csv: string, name: string): (string | undefined)[][] | undefined {
  return tablesOf(csv)?.map((rows) => rows.map((row) => row.get(name)?.text));
}

it.each([
  ['nothing', '\r\n', []],
  ['no rows', '#datatype,string,long,double\r\n,result,table,_value\r\n', []],
  ['one table', ',result,table,_value\r\n,r,0,1\r\n,r,0,2\r\n', [['1', '2']]],
  ['two of one result', ',result,table,_value\n,r,0,1\n,r,1,2\n', [['1'], ['2']]],
  [
    'two parts',
    ',result,table,_value\r\n,r,0,1\r\n\r\n,result,table,_value\r\n,s,0,2\r\n',
    [['1'], ['2']],
  ],
  [
    'two parts that annotations begin',
    '#default,r,,\n,result,table,_value\n,,0,1\n#default,s,,7\n,result,table,_value\n,,0,\n',
    [['1'], ['7']],
  ],
  ['quoted text', ',result,table,_value\r\n,r,0,"a ""b"",\nc"\r\n', [['a "b",\nc']]],
  ['no newline at the end', ',result,table,_value\r\n,r,0,1', [['1']]],
])('%s', (_what, csv, values) => {
  expect(column(csv, '_value')).toEqual(values);
});

it('knows the types of columns', () => {
  const [[row] = []] =
    tablesOf('#datatype,string,long,double\n,result,table,_value\n,r,0,1\n') ?? [];
  expect(row?.get('_value')).toEqual({ text: '1', type: 'double' });
});

it.each(['<html></html>', '{"code":"invalid"}', 'a "quote', ',result,table\n,r,"0'])(
  '%s is none',
  (csv) => {
    expect(tablesOf(csv)).toBeUndefined();
  },
);
