import { POD_FACTS } from './pod-facts.ts';
import {
  ATOMIC,
  CONDITIONS,
  mapBy,
  mergedBy,
  mergedSet,
  setOnly,
  SPEC_AND_STATUS,
  type ModelFacts,
} from './facts.ts';

/** The facts of the built-in kinds, by the client's name of the model. */
export const MODEL_FACTS: Record<string, ModelFacts> = {
  ...POD_FACTS,
  V1ObjectMeta: {
    merge: { finalizers: mergedSet(), ownerReferences: mergedBy('uid') },
    zeroIsAbsent: 'generation',
  },
  V1OwnerReference: ATOMIC,
  V1LabelSelector: ATOMIC,
  V1LocalObjectReference: ATOMIC,
  V1TypedLocalObjectReference: ATOMIC,
  V1ObjectReference: ATOMIC,
  V1ScopeSelector: ATOMIC,
  V1EndpointAddress: ATOMIC,
  CoreV1EndpointPort: ATOMIC,
  DiscoveryV1EndpointPort: { atomic: true, emptyIsKept: 'name appProtocol' },
  V1RoleRef: ATOMIC,
  RbacV1Subject: ATOMIC,
  V1Condition: { zeroIsAbsent: 'observedGeneration', emptyIsKept: 'message reason' },
  V1Service: SPEC_AND_STATUS,
  V1ServiceSpec: {
    merge: {
      ports: mergedBy('port', ['port', 'protocol']),
      selector: { 'x-kubernetes-map-type': 'atomic' },
    },
    zeroIsAbsent: 'healthCheckNodePort publishNotReadyAddresses',
  },
  V1ServicePort: { zeroIsAbsent: 'nodePort', keyDefaults: { protocol: 'TCP' } },
  V1ServiceStatus: { ...CONDITIONS, always: { loadBalancer: {} } },
  V1ServiceAccount: { merge: { secrets: mergedBy('name') } },
  V1Namespace: SPEC_AND_STATUS,
  V1NamespaceStatus: CONDITIONS,
  V1Node: SPEC_AND_STATUS,
  V1NodeSpec: { merge: { podCIDRs: mergedSet() }, zeroIsAbsent: 'unschedulable' },
  V1NodeDaemonEndpoints: { always: { kubeletEndpoint: {} } },
  V1DaemonEndpoint: { always: { Port: 0 } },
  V1NodeSystemInfo: blankTexts(
    'machineID systemUUID bootID kernelVersion osImage containerRuntimeVersion kubeletVersion kubeProxyVersion operatingSystem architecture',
  ),
  V1NodeStatus: {
    merge: { addresses: mergedBy('type'), conditions: mergedBy('type') },
    quantities: 'allocatable capacity',
    always: { daemonEndpoints: {}, nodeInfo: {} },
  },
  CoreV1Event: {
    zeroIsAbsent: 'count',
    emptyIsKept: 'reportingComponent reportingInstance',
    always: {
      source: {},
      reportingComponent: '',
      reportingInstance: '',
      eventTime: null,
      firstTimestamp: null,
      lastTimestamp: null,
    },
  },
  CoreV1EventSeries: { zeroIsAbsent: 'count' },
  V1ResourceQuota: SPEC_AND_STATUS,
  V1ResourceQuotaSpec: { quantities: 'hard' },
  V1ResourceQuotaStatus: { quantities: 'hard used' },
  V1LimitRangeItem: { quantities: '_default defaultRequest max maxLimitRequestRatio min' },
  V1DeploymentCondition: { always: { lastUpdateTime: null, lastTransitionTime: null } },
  V1ReplicaSetCondition: { always: { lastTransitionTime: null } },
  V1StatefulSetCondition: { always: { lastTransitionTime: null } },
  V1DaemonSetCondition: { always: { lastTransitionTime: null } },
  V1NamespaceCondition: { always: { lastTransitionTime: null } },
  V1NodeCondition: { always: { lastHeartbeatTime: null, lastTransitionTime: null } },
  V1JobCondition: { always: { lastProbeTime: null, lastTransitionTime: null } },
  V2HorizontalPodAutoscalerCondition: { always: { lastTransitionTime: null } },
  V1CustomResourceDefinitionCondition: { always: { lastTransitionTime: null } },
  V1Deployment: SPEC_AND_STATUS,
  V1DeploymentSpec: {
    merge: { strategy: { 'x-kubernetes-patch-strategy': 'retainKeys' } },
    zeroIsAbsent: 'minReadySeconds paused',
    always: { selector: null, strategy: {}, template: {} },
  },
  V1DeploymentStatus: {
    ...CONDITIONS,
    zeroIsAbsent:
      'observedGeneration replicas updatedReplicas readyReplicas availableReplicas unavailableReplicas',
  },
  V1ReplicaSet: SPEC_AND_STATUS,
  V1ReplicaSetSpec: {
    zeroIsAbsent: 'minReadySeconds',
    always: { selector: null, template: {} },
  },
  V1ReplicaSetStatus: {
    ...CONDITIONS,
    zeroIsAbsent: 'fullyLabeledReplicas readyReplicas availableReplicas observedGeneration',
    always: { replicas: 0 },
  },
  V1DaemonSet: SPEC_AND_STATUS,
  V1DaemonSetSpec: {
    zeroIsAbsent: 'minReadySeconds',
    always: { selector: null, template: {}, updateStrategy: {} },
  },
  V1DaemonSetStatus: {
    ...CONDITIONS,
    zeroIsAbsent: 'observedGeneration updatedNumberScheduled numberAvailable numberUnavailable',
    always: {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
    },
  },
  V1StatefulSet: SPEC_AND_STATUS,
  V1StatefulSetSpec: {
    zeroIsAbsent: 'minReadySeconds',
    emptyIsKept: 'serviceName',
    always: { selector: null, serviceName: '', template: {}, updateStrategy: {} },
  },
  V1StatefulSetStatus: {
    ...CONDITIONS,
    zeroIsAbsent: 'observedGeneration readyReplicas currentReplicas updatedReplicas',
    always: { replicas: 0, availableReplicas: 0 },
  },
  V1ControllerRevision: { always: { revision: 0 } },
  V2HorizontalPodAutoscaler: SPEC_AND_STATUS,
  V2HorizontalPodAutoscalerSpec: { always: { scaleTargetRef: {}, maxReplicas: 0 } },
  V2CrossVersionObjectReference: blankTexts('kind name'),
  V2HorizontalPodAutoscalerStatus: {
    ...CONDITIONS,
    zeroIsAbsent: 'currentReplicas',
    always: { desiredReplicas: 0, currentMetrics: null },
  },
  V2HPAScalingRules: { quantities: 'tolerance' },
  V2MetricTarget: { quantities: 'averageValue value' },
  V2MetricValueStatus: { quantities: 'averageValue value' },
  V1Endpoint: {
    merge: { addresses: setOnly() },
    emptyIsKept: 'hostname nodeName zone',
    always: { conditions: {} },
  },
  V1Ingress: SPEC_AND_STATUS,
  V1IngressStatus: { always: { loadBalancer: {} } },
  V1IngressSpec: { emptyIsKept: 'ingressClassName' },
  V1ServiceBackendPort: { atomic: true, zeroIsAbsent: 'number' },
  V1NetworkPolicy: { always: { spec: {} } },
  V1NetworkPolicySpec: { always: { podSelector: {} } },
  V1PodDisruptionBudget: SPEC_AND_STATUS,
  V1PodDisruptionBudgetSpec: { merge: { selector: { 'x-kubernetes-patch-strategy': 'replace' } } },
  V1PodDisruptionBudgetStatus: {
    ...CONDITIONS,
    zeroIsAbsent: 'observedGeneration',
    always: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
  },
  V1Lease: { always: { spec: {} } },
  V1LeaseSpec: { emptyIsKept: 'holderIdentity strategy preferredHolder' },
  EventsV1Event: {
    zeroIsAbsent: 'deprecatedCount',
    always: {
      eventTime: null,
      deprecatedSource: {},
      deprecatedFirstTimestamp: null,
      deprecatedLastTimestamp: null,
    },
  },
  V1Job: SPEC_AND_STATUS,
  V1CronJob: SPEC_AND_STATUS,
  V1JobSpec: { always: { template: {} } },
  V1JobTemplateSpec: { always: { metadata: {}, spec: {} } },
  V1CronJobSpec: { always: { schedule: '', jobTemplate: {} } },
  V1JobStatus: {
    merge: {
      conditions: {
        'x-kubernetes-patch-strategy': 'merge',
        'x-kubernetes-patch-merge-key': 'type',
      },
    },
    zeroIsAbsent: 'active succeeded failed',
  },
  V1UncountedTerminatedPods: { merge: { failed: setOnly(), succeeded: setOnly() } },
  V1CustomResourceDefinition: SPEC_AND_STATUS,
  V1CustomResourceDefinitionSpec: { zeroIsAbsent: 'preserveUnknownFields' },
  V1CustomResourceDefinitionVersion: { zeroIsAbsent: 'deprecated' },
  V1CustomResourceColumnDefinition: { zeroIsAbsent: 'priority' },
  V1CustomResourceDefinitionStatus: { merge: { conditions: mapBy('type') } },
  V1JSONSchemaProps: {
    merge: {
      'x-kubernetes-validations': mergedBy('rule'),
      properties: { 'x-kubernetes-map-type': 'granular' },
    },
    zeroIsAbsent:
      'exclusiveMaximum exclusiveMinimum nullable uniqueItems x-kubernetes-embedded-resource x-kubernetes-int-or-string',
  },
};

/** Texts that are always there, empty when nobody sets them. */
function blankTexts(names: string): ModelFacts {
  const always = Object.fromEntries(names.split(' ').map((name) => [name, '']));
  return { emptyIsKept: names, always };
}
