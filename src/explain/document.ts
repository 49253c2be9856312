import type { Case } from './case.ts';

/** The case as a JSON document, for programs; `Case` says what is in it. */
export function jsonDocument(told: Case): string {
  return JSON.stringify(
    { apiVersion: 'linnet.dev/v1beta1', kind: 'Explanation', ...told },
    null,
    2,
  );
}
