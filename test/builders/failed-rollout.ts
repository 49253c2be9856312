import { type Destination, format } from '../../src/adapters/webhooks/messages/format.ts';
import type { AlertProviderType } from '../../src/api/alert-provider.ts';
import type { Canary } from '../../src/api/canary.ts';
import type { CanaryStatus, Message } from '../../src/api/status.ts';
import { aCanary } from './canary.ts';

export const STATUS: CanaryStatus = {
  phase: 'Failed',
  planVersion: 1,
  canaryWeight: 0,
  peakWeight: 40,
  failedChecks: 2,
  iterations: 0,
  conditions: [],
  fences: {},
  startedAt: '2026-03-01T11:50:00.000Z',
  revision: '7c9d',
  verdict: 'ROLLBACK: 5xx 12/240 (5.0%) vs primary <1%',
  messages: 7,
  checks: [
    { name: 'request-success-rate', measured: '95.0 %', allowed: '>= 99 %', outcome: 'fail' },
    { name: 'latency', outcome: 'hold' },
  ],
};

export const FAILED: Message = {
  n: 7,
  at: '2026-03-01T12:00:00.000Z',
  kind: 'failed',
  severity: 'error',
  text: 'checkout: rolled back: <5% & *worse* for @everyone',
  owed: ['events'],
};

export const CANARY = aCanary({ status: STATUS });

/** What a provider of this type is sent. */
export function bodyFor(
  type: AlertProviderType,
  message: Message = FAILED,
  canary: Canary = CANARY,
  more: Partial<Destination> = {},
): unknown {
  const to = { type, address: 'https://receiver.example/x', headers: {}, ...more };
  return format(canary, message, to, 'u-1/7/shop/on-call').body;
}
