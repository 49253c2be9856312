import { describe, expect, it } from 'vitest';
import { obedient } from '../../test/builders/observation.ts';
import { adopted, OLD } from '../../test/builders/story.ts';
import type { CanaryStatus } from '../api/status.ts';
import { decide } from './decide.ts';
import type { Observation } from './observation.ts';

const MISSING = { reason: 'ProviderMissing', message: 'alerts[0]: AlertProvider a does not exist' };
const OTHER = { reason: 'ProviderMissing', message: 'alerts[2]: AlertProvider c does not exist' };
const INVALID = { reason: 'AddressInvalid', message: 'alerts[1]: no URL' };

describe('alerts that cannot be sent', () => {
  const story = adopted();
  const look = (status: CanaryStatus, alerts: Observation['alerts']) => {
    const canary = { ...story.canary, status };
    const seen = obedient(canary, { ...OLD, alerts });
    return decide(canary, seen, story.now);
  };

  it('are a warning for each reason, and nothing is stalled by them', () => {
    const { conditions } = look(story.status, [MISSING, INVALID, OTHER]);
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
    const warned = look(story.status, [MISSING]);
    expect(look(warned, undefined)).toBe(warned);
    const { conditions } = look(warned, []);
    expect(conditions.map(({ type }) => type)).toEqual(
      story.status.conditions.map(({ type }) => type),
    );
  });
});
