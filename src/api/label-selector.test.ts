import { describe, expect, it } from 'vitest';
import { labelSelector } from './label-selector.ts';

const WEB = { app: 'web', tier: 'front', empty: '' };

describe('a label selector', () => {
  it.each<[string, boolean]>([
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app = web , tier = front', true],
    ['app=api', false],
    ['app=web,tier=back', false],
    ['app!=web', false],
    ['app!=api', true],
    ['other!=api', true],
    ['other=api', false],
    ['empty=', true],
    ['app', true],
    ['other', false],
    ['!app', false],
    ['!other', true],
    ['app in (api, web)', true],
    ['app in (api),tier=front', false],
    ['app in (api,web),tier=front', true],
    ['app notin (api, web)', false],
    ['other notin (api)', true],
    ['kubernetes.io/service-name=web', false],
  ])('%j: %s', (selector, expected) => {
    expect(labelSelector(selector)(WEB)).toBe(expected);
  });

  it('finds nothing on an object without labels but what is absent', () => {
    expect(labelSelector('app=web')(undefined)).toBe(false);
    expect(labelSelector('!app')(undefined)).toBe(true);
  });

  it.each(['app in web', 'app=a=b', '(app)', 'app web'])(
    'is refused when it is none: %s',
    (text) => {
      expect(() => labelSelector(text)).toThrow('is not part of a label selector');
    },
  );
});
