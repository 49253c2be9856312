import { afterAll } from 'vitest';
import { describeAdmission } from '../manifests/admission.ts';
import { providedCluster } from './kube/provided-cluster.ts';

const cluster = providedCluster();
afterAll(() => cluster.close());

describeAdmission(() => ({ post: (path, body) => cluster.api.request('POST', path, body) }));
