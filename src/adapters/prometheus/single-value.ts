import type { Measurement } from '../../ports/telemetry.ts';
import { type Answer, numberOf } from './answer.ts';

/**
 * The one number that a metric's query must come to. Each thing that is none has a sentence of its
 * own: no series and NaN, which is what 0/0 gives, are no data (DESIGN, law 6); more than one
 * series, an infinity, a histogram and the wrong type are mistakes in the query.
 *
 * @param subject what the sentences speak of: `the query of 404s percentage`.
 */
export function singleValue(answer: Answer, subject: string): Measurement {
  const incomplete = partial(answer, subject);
  if (incomplete !== undefined) return incomplete;
  const { data } = answer;
  switch (data.resultType) {
    case 'scalar':
      return measured(data.result[1], subject);
    case 'string':
      return mistake(`${subject} gives a text, allowed is one number`);
    case 'matrix':
      return mistake(`${subject} gives a range of samples, allowed is one number`);
    case 'vector':
      break;
  }
  const [series, ...further] = data.result;
  if (series === undefined) return { kind: 'no-data', why: `${subject} has no result` };
  if (further.length > 0) {
    return mistake(`${subject} gives ${further.length + 1} series, allowed is one`);
  }
  return series.value === undefined
    ? mistake(`${subject} gives a histogram, allowed is one number`)
    : measured(series.value[1], subject);
}

/** Why an answer is not to be believed; undefined of one that is whole. */
export function partial({ warnings }: Answer, subject: string): Measurement | undefined {
  if (warnings.length === 0) return undefined;
  const warning = warnings.join('; ').slice(0, 300);
  return { kind: 'error', why: `${subject} was answered only in part: ${warning}`, outage: true };
}

function measured(text: string, subject: string): Measurement {
  const value = numberOf(text);
  if (Number.isFinite(value)) return { kind: 'value', value };
  return Number.isNaN(value)
    ? { kind: 'no-data', why: `${subject} gives NaN: there was nothing to measure` }
    : mistake(`${subject} gives ${text}, allowed is a finite number`);
}

function mistake(why: string): Measurement {
  return { kind: 'error', why, outage: false };
}
