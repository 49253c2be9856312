import { afterAll, beforeAll, describe } from 'vitest';
import type { ApiServer } from './api/api-server.ts';
import { describeConflicts } from './api/conflicts.ts';
import { describeJsonPatch } from './api/json-patch.ts';
import { describeMergePatch } from './api/merge-patch.ts';
import { describeStrategicMergePatch } from './api/strategic-merge-patch.ts';
import { describeWatches } from './api/watches.ts';
import { describeGeneration } from './api/generation.ts';
import { describeStatusSubresource } from './api/status-subresource.ts';
import { describeDryRun } from './api/dry-run.ts';
import { describeDeletion } from './api/deletion.ts';
import { describeApplyOfCustomResources } from './api/apply-custom-resources.ts';
import { describeServerSideApply } from './api/server-side-apply.ts';
import { describeCustomResources } from './api/custom-resources.ts';
import { describeFieldValidation } from './api/field-validation.ts';
import { describeRefusals } from './api/refusals.ts';
import { describeLists } from './api/lists.ts';
import { describeTables } from './api/tables.ts';
import { describeDiscovery } from './api/discovery.ts';
import { describeBuiltInDefaults } from './api/built-in-defaults.ts';
import { describeBuiltInRefusals } from './api/built-in-refusals.ts';
import { describeImmutability } from './api/immutability.ts';
import { describeScale } from './api/scale.ts';
import { defineWidgets, removeWidgets } from './api/widget-definition.ts';

/**
 * What Linnet, and people with kubectl, lean on in a Kubernetes API server that has Linnet's
 * CustomResourceDefinitions. Each expectation holds for the real server and for the sandbox's.
 */
export function describeApi(server: () => ApiServer): void {
  beforeAll(() => defineWidgets(server()));
  afterAll(() => removeWidgets(server()));

  describe.each(Object.entries(PARTS))('%s', (_name, declare) => {
    declare(server);
  });
}

const PARTS: Record<string, (server: () => ApiServer) => void> = {
  conflicts: describeConflicts,
  'JSON Patch': describeJsonPatch,
  'merge patch': describeMergePatch,
  'strategic merge patch': describeStrategicMergePatch,
  watches: describeWatches,
  generation: describeGeneration,
  status: describeStatusSubresource,
  'dry run': describeDryRun,
  deletion: describeDeletion,
  'server-side apply': describeServerSideApply,
  'server-side apply of custom resources': describeApplyOfCustomResources,
  'custom resources': describeCustomResources,
  'unknown fields': describeFieldValidation,
  refusals: describeRefusals,
  lists: describeLists,
  tables: describeTables,
  discovery: describeDiscovery,
  'built-in kinds are completed': describeBuiltInDefaults,
  'built-in kinds are refused': describeBuiltInRefusals,
  immutability: describeImmutability,
  scale: describeScale,
};
