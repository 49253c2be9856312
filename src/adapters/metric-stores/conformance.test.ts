import { describe } from 'vitest';
import { CLOUDWATCH, GOOGLE } from '../../../test/conformance/metric-stores/clouds.ts';
import { itSaysWhatFailed } from '../../../test/conformance/metric-stores/failures.ts';
import { DATADOG, DYNATRACE, NEW_RELIC } from '../../../test/conformance/metric-stores/hosted.ts';
import { itReads } from '../../../test/conformance/metric-stores/reads.ts';
import { GRAPHITE, INFLUXDB, WEB } from '../../../test/conformance/metric-stores/self-hosted.ts';
import { itMindsItsTemplate } from '../../../test/conformance/metric-stores/templates.ts';

const STORES = [DATADOG, CLOUDWATCH, NEW_RELIC, DYNATRACE, INFLUXDB, GRAPHITE, GOOGLE, WEB];

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
