import type { RawApi } from '../../cluster/kube/api-client.ts';

/** Of a namespace whose pods join the mesh. */
export const INJECTED = { 'istio-injection': 'enabled' };

/** What an API server needs to have policies that change objects. */
export const INJECTION_FLAGS = {
  'feature-gates': 'MutatingAdmissionPolicy=true',
  'runtime-config': 'admissionregistration.k8s.io/v1beta1=true',
};

const NAME = 'sidecar-injection';
const VERSION = 'admissionregistration.k8s.io/v1beta1';

/**
 * Pods get what istiod's webhook would give them: the native sidecar `istio-proxy`, and the label by
 * which the mesh knows them. No process comes of it: one proxy speaks for all callers.
 */
export async function injectSidecars(api: RawApi): Promise<void> {
  await api.create(`/apis/${VERSION}/mutatingadmissionpolicies`, {
    apiVersion: VERSION,
    kind: 'MutatingAdmissionPolicy',
    metadata: { name: NAME },
    spec: {
      matchConstraints: {
        namespaceSelector: { matchLabels: INJECTED },
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
        ],
      },
      failurePolicy: 'Fail',
      reinvocationPolicy: 'Never',
      mutations: [
        { patchType: 'ApplyConfiguration', applyConfiguration: { expression: WITH_SIDECAR } },
      ],
    },
  });
  await api.create(`/apis/${VERSION}/mutatingadmissionpolicybindings`, {
    apiVersion: VERSION,
    kind: 'MutatingAdmissionPolicyBinding',
    metadata: { name: NAME },
    spec: { policyName: NAME },
  });
}

const WITH_SIDECAR = `Object{
  metadata: Object.metadata{labels: {"security.istio.io/tlsMode": "istio"}},
  spec: Object.spec{
    initContainers: [
      Object.spec.initContainers{name: "istio-proxy", image: "istio/proxyv2:1.31.1", restartPolicy: "Always"}
    ]
  }
}`;
