import { expect, it } from 'vitest';
import { ISTIO_SERIES, type MeshSeries } from '../../ports/mesh-series.ts';
import { ownReports, sweepQueries } from './queries.ts';
import { inOurWords, inWordsOf } from './series-names.ts';
import { watchedOf } from './watched.ts';
import { aCanary } from '../../../test/builders/canary.ts';

const OTHER: MeshSeries = {
  prefix: 'fed:mesh',
  labels: new Map([
    ['reporter', 'seen_by'],
    ['destination_workload', 'workload'],
  ]),
  reporters: ['server', 'gate.way'],
  isRecorded: false,
};

it('queries of a store that names everything as Istio does are as they were', () => {
  const { facts: _, ...queries } = sweepQueries([watchedOf(aCanary())], 5000);
  for (const query of Object.values(queries)) expect(inWordsOf(ISTIO_SERIES, query)).toBe(query);
});

it('names are replaced, values are not', () => {
  const metadata = { name: 'reporter', namespace: 'destination_workload' };
  const targetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'reporter' };
  const watched = [watchedOf(aCanary({ metadata, spec: { targetRef } }))];
  const asked = inWordsOf(OTHER, sweepQueries(watched, 5000).requests);
  expect(asked).toContain('fed:mesh_requests_total{seen_by=~"server|gate\\\\.way"');
  expect(asked).toContain('destination_workload_namespace=~"destination_workload"');
  expect(asked).toContain('workload=~"reporter|reporter-primary"');
  expect(asked).toContain('sum by (seen_by,destination_workload_namespace,workload,');
  expect(inWordsOf(OTHER, ownReports(watched))).toContain('{seen_by="server",');
  expect(inWordsOf(OTHER, sweepQueries(watched, 5000).losses)).toContain(
    'seen_by=~"source|gate\\\\.way"',
  );
});

it('series that have no such label can be believed', () => {
  const nameless: MeshSeries = { ...ISTIO_SERIES, reporters: [''] };
  const query = sweepQueries([watchedOf(aCanary())], 5000).requests;
  expect(inWordsOf(nameless, query)).toContain('istio_requests_total{reporter=~"",');
  const [found] = inOurWords(nameless, [{ metric: { destination_workload: 'web' } }]);
  expect(found?.metric).toMatchObject({ reporter: 'destination', destination_workload: 'web' });
});

it('answers come back in our words', () => {
  const metric = { seen_by: 'gate.way', workload: 'web', response_code: '200' };
  const [found] = inOurWords(OTHER, [{ metric }]);
  expect(found?.metric).toMatchObject({
    reporter: 'waypoint',
    destination_workload: 'web',
    response_code: '200',
  });
});
