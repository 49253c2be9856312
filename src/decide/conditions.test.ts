import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { obedient } from '../../test/builders/observation.ts';
import { Story } from '../../test/builders/story.ts';
import type { CanaryStatus } from '../api/status.ts';
import { decide } from './decide.ts';
import type { Observation } from './observation.ts';

const MISSING = { reason: 'ProviderMissing', message: 'alerts[0]: AlertProvider a does not exist' };
const OTHER = { reason: 'ProviderMissing', message: 'alerts[2]: AlertProvider c does not exist' };
const INVALID = { reason: 'AddressInvalid', message: 'alerts[1]: no URL' };

describe('alerts that cannot be sent', () => {
  const adopted = new Story(aCanary()).play(
    { revision: 'checkout-old' },
    (s) => s.status.phase === 'Initialized',
  );
  const look = (status: CanaryStatus, alerts: Observation['alerts']) => {
    const canary = { ...adopted.canary, status };
    const seen = obedient(canary, { revision: 'checkout-old', alerts });
    return decide(canary, seen, adopted.now);
  };

  it('are a warning for each reason, and nothing is stalled by them', () => {
    const { conditions } = look(adopted.status, [MISSING, INVALID, OTHER]);
    expect(conditions.filter(({ type }) => type.startsWith('Alert'))).toMatchObject([
      {
        type: 'AlertProviderMissing',
        status: 'True',
        reason: 'ProviderMissing',
        message: `${MISSING.message}; ${OTHER.message}`,
      },
      { type: 'AlertAddressInvalid', message: INVALID.message },
    ]);
    expect(conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
  });

  it('stand until somebody has looked and found them mended', () => {
    const warned = look(adopted.status, [MISSING]);
    expect(look(warned, undefined)).toBe(warned);
    const { conditions } = look(warned, []);
    expect(conditions.map(({ type }) => type)).toEqual(
      adopted.status.conditions.map(({ type }) => type),
    );
  });
});
