import type { Measurement } from '../../src/ports/telemetry.ts';
import type { Evidence } from './looks.ts';

/** What a metrics store can say of the success rate. */
export function measurementOf(evidence: Evidence): Measurement {
  switch (evidence) {
    case 'good':
      return { kind: 'value', value: 100 };
    case 'bad':
      return { kind: 'value', value: 50 };
    case 'missing':
      return { kind: 'no-data', why: 'no requests' };
  }
}
