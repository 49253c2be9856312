import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { KubeObject } from '../cluster-state.ts';
import { Table } from './table.ts';

const NAMESPACES = [undefined, 'a', 'a-b', 'a.b', 'b'];

const anObject = fc.record({
  namespace: fc.constantFrom(...NAMESPACES),
  name: fc.constantFrom('a', 'a-b', 'a.b', 'b', 'web', 'web-1'),
  version: fc.nat(3),
});

function objectOf({
  namespace,
  name,
  version,
}: {
  namespace: string | undefined;
  name: string;
  version: number;
}) {
  const metadata = { ...(namespace === undefined ? {} : { namespace }), name, version };
  return { apiVersion: 'v1', kind: 'Pod', metadata } as unknown as KubeObject;
}

const keyOf = ({ metadata }: KubeObject) => `${metadata.namespace ?? ''}/${metadata.name}`;

it('holds what a map of keys would, in the order of their bytes, whatever was asked between', () => {
  const step = fc.record({ object: anObject, isGone: fc.boolean(), isListed: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const table = new Table();
      const model = new Map<string, KubeObject>();
      for (const { object: drawn, isGone, isListed } of steps) {
        const object = objectOf(drawn);
        const { namespace, name } = object.metadata;
        if (isGone) {
          table.delete(namespace, name);
          model.delete(keyOf(object));
        } else {
          table.set(object);
          model.set(keyOf(object), object);
        }
        if (isListed) table.list();
      }
      const sorted = [...model.keys()].toSorted((one, other) => (one < other ? -1 : 1));
      const all = sorted.map((key) => model.get(key));
      expect(table.list()).toEqual(all);
      expect(table.size).toBe(all.length);
      for (const namespace of NAMESPACES.slice(1)) {
        const own = all.filter((object) => object?.metadata.namespace === namespace);
        expect(table.list(namespace)).toEqual(own);
      }
      for (const key of sorted) {
        const { namespace, name } = model.get(key)!.metadata;
        expect(table.get(namespace, name)).toBe(model.get(key));
      }
    }),
  );
});
