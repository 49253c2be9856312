import { describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import {
  cluster,
  restart,
  useDeployments,
  workload,
} from '../../../test/builders/deployment-bench.ts';
import { observe, POD, REFS, seed } from '../../../test/builders/pod-with-configs.ts';
import {
  aConfigMap,
  aDeployment,
  anIntent,
  aStatus,
} from '../../../test/builders/workload-objects.ts';
import type { Canary } from '../../api/canary.ts';
import { isConflict, type KubeObject } from '../../ports/cluster.ts';
import { CONFIG_MAP, CONTROLLER_REVISION, DEPLOYMENT, SECRET } from '../../ports/kinds.ts';
import { configRefs } from './config-refs.ts';
import { at, textAt } from './json.ts';
import { DeploymentWorkload } from './workload.ts';

useDeployments();

describe('pinning', () => {
  async function pin() {
    const seen = await observe();
    const revision = seen.target?.revision ?? '';
    const canary = aCanary({
      status: aStatus({ revision, lastPromotedSpec: revision }, { primary: 1 }),
    });
    await workload.pin(canary, seen, revision);
    return { canary, revision, seen };
  }

  function copies(): KubeObject[] {
    return [...cluster.all(CONFIG_MAP), ...cluster.all(SECRET)].filter(
      (o) => o['immutable'] === true,
    );
  }

  /** As the look does that stores the plan of this Canary. */
  async function prune(canary: Canary): Promise<void> {
    const unnamed = await workload.unnamed(canary, canary.status!, cluster.reader());
    await workload.prune(canary, unnamed);
  }

  it('keeps template and configs in owned, immutable objects', async () => {
    seed();
    const { revision } = await pin();
    const [pinned] = cluster.all(CONTROLLER_REVISION);
    expect(pinned).toMatchObject({
      metadata: { name: `checkout-${revision}`, ownerReferences: [{ uid: 'u-1' }] },
      data: { template: at(aDeployment({}, POD), 'spec', 'template') },
    });
    expect(copies().length).toBe(REFS.length);
    for (const copy of copies()) {
      expect(copy.metadata.name).toMatch(
        /^(settings|tls|flags|token|init-env|env|one|two)-[b-z]{8}$/,
      );
      expect(copy.metadata.ownerReferences).toMatchObject([{ uid: 'u-1' }]);
      expect(textAt(copy, 'type')).toBe(copy.kind === 'Secret' ? 'Opaque' : undefined);
    }
  });

  it('twice is once', async () => {
    seed();
    const { canary, revision, seen } = await pin();
    const before = copies();
    await workload.pin(canary, seen, revision);
    expect(copies()).toEqual(before);
    expect(cluster.all(CONTROLLER_REVISION).length).toBe(1);
  });

  it('starts again when a config changes between reading and keeping it', async () => {
    seed();
    const seen = await observe();
    cluster.edit(CONFIG_MAP, 'shop', 'flags', (o) => (o['data'] = { key: 'late' }));
    await expect(workload.pin(aCanary(), seen, seen.target?.revision ?? '')).rejects.toSatisfy(
      isConflict,
    );
    expect(cluster.all(CONTROLLER_REVISION)).toEqual([]);
  });

  it('survives another replica that pins the same at the same time', async () => {
    seed();
    const seen = await observe();
    const other = new DeploymentWorkload(cluster);
    const revision = seen.target?.revision ?? '';
    await Promise.all([
      workload.pin(aCanary(), seen, revision),
      other.pin(aCanary(), seen, revision),
    ]);
    expect(copies().length).toBe(REFS.length);
  });

  it('takes over what an earlier Canary of this name had pinned', async () => {
    seed();
    const { revision, seen } = await pin();
    const heir = aCanary({ metadata: { uid: 'u-2' } });
    await workload.pin(heir, seen, revision);
    const all = [...copies(), ...cluster.all(CONTROLLER_REVISION)];
    for (const { metadata } of all)
      expect(metadata.ownerReferences).toMatchObject([{ uid: 'u-2' }]);
  });

  it('refuses to use an object of somebody else that has the name of a copy', async () => {
    seed();
    const { canary, revision, seen } = await pin();
    const copy = copies().find(({ metadata }) => metadata.name.startsWith('flags-'))!;
    cluster.put({ ...aConfigMap(copy.metadata.name, { key: 'evil' }) });
    await expect(workload.pin(canary, seen, revision)).rejects.toMatchObject({ code: 422 });
  });

  it('makes the primary read the copies, and nothing else of it changes', async () => {
    seed();
    const { canary, revision } = await pin();
    const intent = anIntent({ primary: { revision, atLeast: 1, strength: 1 } });
    const seen = await workload.observe(canary, intent, cluster.reader());
    await workload.applyPrimary(canary, canary.status!, intent, seen);
    const primary = cluster.must(DEPLOYMENT, 'shop', 'checkout-primary');
    const names = configRefs(at(primary, 'spec', 'template') as Record<string, unknown>);
    const known = new Set(copies().map(({ metadata }) => metadata.name));
    expect(names.length).toBe(REFS.length);
    for (const { name } of names) expect(known).toContain(name);
    expect(at(primary, 'spec', 'template', 'spec', 'imagePullSecrets')).toEqual([
      { name: 'registry' },
    ]);
  });

  it('is undone by pruning, save what is kept or in use', async () => {
    seed();
    const first = await pin();
    const intent = anIntent({ primary: { revision: first.revision, atLeast: 1, strength: 1 } });
    await workload.applyPrimary(
      first.canary,
      first.canary.status!,
      intent,
      await workload.observe(first.canary, intent, cluster.reader()),
    );
    cluster.edit(CONFIG_MAP, 'shop', 'flags', (o) => (o['data'] = { key: 'second' }));
    const second = await pin();
    cluster.edit(CONFIG_MAP, 'shop', 'flags', (o) => (o['data'] = { key: 'third' }));
    const third = await pin();
    expect(cluster.all(CONTROLLER_REVISION).length).toBe(3);
    expect(copies().length).toBe(REFS.length + 2);

    await prune(third.canary);
    const names = cluster.all(CONTROLLER_REVISION).map(({ metadata }) => metadata.name);
    expect(names).toEqual([`checkout-${third.revision}`]);
    // The primary still reads the first version's copies.
    expect(copies().length).toBe(REFS.length + 1);
    expect(cluster.find(CONFIG_MAP, 'shop', 'flags')).toBeDefined();
    expect(second.revision).not.toBe(first.revision);

    cluster.forget();
    await prune(third.canary);
    expect(cluster.requests).toEqual([]);
  });

  describe('by two replicas', () => {
    it('keeps what one names that the other saw without a name: made since', async () => {
      seed();
      const { canary } = await pin();
      const unnamed = await workload.unnamed(canary, canary.status!, cluster.reader());
      cluster.edit(CONFIG_MAP, 'shop', 'flags', (o) => (o['data'] = { key: 'second' }));
      const next = await observe();
      await new DeploymentWorkload(cluster).pin(canary, next, next.target!.revision);
      const before = [...copies(), ...cluster.all(CONTROLLER_REVISION)];
      await workload.prune(canary, unnamed);
      expect([...copies(), ...cluster.all(CONTROLLER_REVISION)]).toEqual(before);
    });

    it('keeps what one names that the other saw without a name: left over from before', async () => {
      seed();
      const { canary } = await pin();
      cluster.edit(CONFIG_MAP, 'shop', 'flags', (o) => (o['data'] = { key: 'second' }));
      const second = await pin();
      cluster.remove(DEPLOYMENT, 'shop', 'checkout-primary');
      // The plan that comes to rest names the first revision only; it is stored now.
      const unnamed = await workload.unnamed(canary, canary.status!, cluster.reader());
      expect(unnamed.map(({ name }) => name)).toContain(`checkout-${second.revision}`);
      expect(unnamed).toHaveLength(2);
      await new DeploymentWorkload(cluster).pin(canary, second.seen, second.revision);
      const before = [...copies(), ...cluster.all(CONTROLLER_REVISION)];
      await workload.prune(canary, unnamed);
      expect([...copies(), ...cluster.all(CONTROLLER_REVISION)]).toEqual(before);
      expect(before).toHaveLength(REFS.length + 1 + 2);
    });

    it('writes nothing anew that the plan names all the time', async () => {
      seed();
      const { canary } = await pin();
      cluster.edit(CONFIG_MAP, 'shop', 'flags', (o) => (o['data'] = { key: 'second' }));
      const next = await observe();
      cluster.forget();
      await workload.pin(canary, next, next.target!.revision);
      expect(cluster.writes().map((write) => write.split(' ').slice(0, 2))).toEqual([
        ['create', 'ConfigMap'],
        ['create', 'ControllerRevision'],
      ]);
    });

    it('begins anew when what it finds pinned goes that very moment', async () => {
      seed();
      const { revision, seen } = await pin();
      const stranger = aCanary();
      cluster.failOnce({ verb: 'patch', kind: 'ControllerRevision' }, 404, 'NotFound');
      await expect(workload.pin(stranger, seen, revision)).rejects.toSatisfy(isConflict);
    });
  });

  it('prunes nothing of other Canaries', async () => {
    seed();
    const { seen, revision } = await pin();
    const other = aCanary({ metadata: { name: 'other', uid: 'u-9' } });
    await workload.pin(other, seen, revision);
    cluster.remove(DEPLOYMENT, 'shop', 'checkout-primary');
    await prune(other);
    expect(cluster.all(CONTROLLER_REVISION).map(({ metadata }) => metadata.name)).toEqual([
      `checkout-${revision}`,
    ]);
    expect(copies().length).toBe(REFS.length);
  });

  it('prunes nothing in bad weather', async () => {
    seed();
    const { canary } = await pin();
    restart();
    cluster.failOnce({ verb: 'get', kind: 'ControllerRevision' }, 500, 'InternalError');
    await expect(prune(canary)).rejects.toMatchObject({ code: 500 });
    expect(copies().length).toBe(REFS.length);
  });
});
