import { z } from 'zod';
import { type Row, tablesOf } from './annotated-csv.ts';
import { quotedLanguage } from './languages.ts';
import { under } from './line.ts';
import { addressOf, type Newest, NONE, type Store } from './store.ts';

/** Flux: the last record of the one table that the query gives. */
export const INFLUXDB: Store = {
  title: 'InfluxDB',
  language: quotedLanguage({ quotes: '"', comments: [['//', '\n']] }),
  async ask({ provider, query, secret, line }) {
    const keys = secret.allOrNone('token', 'org');
    const parameters = keys === undefined ? {} : { org: keys.org };
    const call = {
      url: under(addressOf(provider), '/api/v2/query', parameters),
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/csv',
        ...(keys === undefined ? {} : { Authorization: `Token ${keys.token}` }),
      },
      body: JSON.stringify({ query, type: 'flux', dialect: DIALECT }),
      failure: (body: unknown) => ({ words: Failed.safeParse(body).data?.message ?? '' }),
    };
    const tables = tablesOf(await line.text(call));
    if (tables === undefined) throw line.foreign(call);
    const trouble = tables.flat().find((row) => row.has('error') && row.has('reference'));
    // What goes wrong in the middle of an answer is a table of it.
    if (trouble !== undefined) {
      throw line.failed(call, { words: trouble.get('error')?.text ?? '', kind: 'query' });
    }
    return tables.map(newestOf);
  },
};

const DIALECT = { header: true, delimiter: ',', annotations: ['datatype', 'group', 'default'] };

const Failed = z.object({ message: z.string() });

/** A text of digits is a text all the same. */
const NUMBERS: ReadonlySet<string> = new Set(['double', 'long', 'unsignedLong', '']);

function newestOf(rows: readonly Row[]): Newest {
  const cells = rows.map((row) => row.get('_value')).filter((cell) => cell !== undefined);
  if (cells.length === 0) return { missing: 'gives no column _value' };
  const last = cells.findLast(({ text }) => text !== '');
  if (last === undefined) return NONE;
  return NUMBERS.has(last.type) ? { value: last.text } : { type: `a ${last.type}` };
}
