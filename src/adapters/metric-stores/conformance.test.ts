import { describe } from 'vitest';
import { itSaysWhatFailed } from '../../../test/conformance/metric-stores/failures.ts';
import { itReads } from '../../../test/conformance/metric-stores/reads.ts';
import { STORES } from '../../../test/conformance/metric-stores/stores.ts';
import { itMindsItsTemplate } from '../../../test/conformance/metric-stores/templates.ts';

describe.each(STORES.map((store) => [store.title, store] as const))('%s', (_title, store) => {
  describe('its answers', () => {
    itReads(store);
  });
  describe('its failures', () => {
    itSaysWhatFailed(store);
  });
  describe('its template', () => {
    itMindsItsTemplate(store);
  });
});
