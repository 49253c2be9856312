import type { Backtest } from './backtest.ts';

/** As a JSON document, for programs; `Backtest` says what is in it. */
export function jsonDocument(told: Backtest): string {
  return JSON.stringify({ apiVersion: 'linnet.dev/v1beta1', kind: 'Backtest', ...told }, null, 2);
}
