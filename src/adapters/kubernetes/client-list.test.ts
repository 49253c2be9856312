import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  listedDeployment,
  type ScriptedClients,
  scriptedClients,
} from '../../../test/builders/scripted-clients.ts';
import {
  json,
  type Reply,
  type ScriptedServer,
  status,
} from '../../../test/builders/scripted-server.ts';
import { DEPLOYMENT, SECRET } from '../../ports/kinds.ts';

let scripted: ScriptedClients;
let server: ScriptedServer;
const client: ScriptedClients['client'] = (options) => scripted.client(options);

beforeAll(async () => {
  scripted = await scriptedClients();
  server = scripted.server;
});
afterEach(() => scripted.closeClients());
afterAll(() => server.close());

describe('lists', () => {
  const page = (names: string[], more?: string): Reply =>
    json(200, {
      kind: 'DeploymentList',
      metadata: { resourceVersion: '40', continue: more },
      items: names.map((name) => listedDeployment(name)),
    });

  it('come in pages, and their items know what they are', async () => {
    server.play(page(['a', 'b'], 'next'), page(['c']));
    const list = await client().list(DEPLOYMENT, { namespace: 'shop', labelSelector: 'app=web' });
    expect(list.resourceVersion).toBe('40');
    expect(list.items.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'Deployment a',
      'Deployment b',
      'Deployment c',
    ]);
    expect(server.received.map(({ query }) => query.toString())).toEqual([
      'labelSelector=app%3Dweb&limit=500',
      'labelSelector=app%3Dweb&limit=500&continue=next',
    ]);
  });

  it('start over when a page has expired, in the end without pages', async () => {
    const expired = status(410, 'Expired', 'The provided continue parameter is too old');
    server.play(page(['a'], 'x'), expired, page(['a'], 'y'), expired, page(['a', 'b']));
    expect((await client().list(DEPLOYMENT)).items).toHaveLength(2);
    expect(server.received.map(({ query }) => query.get('limit'))).toEqual([
      '500',
      '500',
      '500',
      '500',
      null,
    ]);
  });

  it('may be empty', async () => {
    server.play(json(200, { metadata: { resourceVersion: '4' }, items: null }));
    expect(await client().list(DEPLOYMENT)).toEqual({ resourceVersion: '4', items: [] });
  });

  it('never hold the content of objects when only metadata was asked for', async () => {
    const secret = { metadata: { name: 's', resourceVersion: '1' }, data: { key: 'aHVudGVyMg==' } };
    server.play(json(200, { metadata: { resourceVersion: '4' }, items: [secret] }));
    const { items } = await client().list(SECRET, { metadataOnly: true });
    expect(items).toEqual([{ apiVersion: 'v1', kind: 'Secret', metadata: secret.metadata }]);
    expect(server.received[0]?.headers.accept).toBe(
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
    );
  });
});
