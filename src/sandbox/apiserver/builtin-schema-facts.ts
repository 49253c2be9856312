import type { JsonValue } from './cluster-state.ts';
import type { Schema } from './schema.ts';

/** What a model of the Kubernetes API says about its fields beyond their types. */
export interface ModelFacts {
  /** Owned and replaced as a whole by server-side apply. */
  atomic?: true;
  /** Lists and maps that do not simply replace each other; a list not named here is atomic. */
  merge?: Record<string, MergeFacts>;
  /** Numbers and booleans left out when zero or false; all others are kept as given. */
  zeroIsAbsent?: string;
  /** Strings that are kept when empty; all others are left out. */
  emptyIsKept?: string;
  /** Fields that are always there, with what they hold when nobody sets them. */
  always?: Record<string, JsonValue>;
  /** Defaults that decide the identity of list items. */
  keyDefaults?: Record<string, JsonValue>;
  quantities?: string;
}

type MergeFacts = Pick<
  Schema,
  | 'x-kubernetes-list-type'
  | 'x-kubernetes-list-map-keys'
  | 'x-kubernetes-map-type'
  | 'x-kubernetes-patch-strategy'
  | 'x-kubernetes-patch-merge-key'
>;

const PORT_IDENTITY = ['containerPort', 'protocol'];

const CONTAINER: ModelFacts = {
  merge: {
    env: mergedBy('name'),
    ports: mergedBy('containerPort', PORT_IDENTITY),
    volumeDevices: mergedBy('devicePath'),
    volumeMounts: mergedBy('mountPath'),
  },
  zeroIsAbsent: 'stdin stdinOnce tty',
  always: { resources: {} },
};

const ATOMIC: ModelFacts = { atomic: true };
const CONDITIONS: ModelFacts = { merge: { conditions: mergedBy('type') } };
const SPEC_AND_STATUS: ModelFacts = { always: { spec: {}, status: {} } };

export const MODEL_FACTS: Record<string, ModelFacts> = {
  V1ObjectMeta: {
    merge: { finalizers: mergedSet(), ownerReferences: mergedBy('uid') },
    zeroIsAbsent: 'generation',
  },
  V1OwnerReference: ATOMIC,
  V1LabelSelector: ATOMIC,
  V1LocalObjectReference: ATOMIC,
  V1TypedLocalObjectReference: ATOMIC,
  V1ObjectReference: ATOMIC,
  V1ConfigMapKeySelector: ATOMIC,
  V1SecretKeySelector: ATOMIC,
  V1ObjectFieldSelector: ATOMIC,
  V1FileKeySelector: ATOMIC,
  V1NodeSelector: ATOMIC,
  V1NodeSelectorTerm: ATOMIC,
  V1ScopeSelector: ATOMIC,
  V1EndpointAddress: ATOMIC,
  CoreV1EndpointPort: ATOMIC,
  DiscoveryV1EndpointPort: { atomic: true, emptyIsKept: 'name appProtocol' },
  V1RoleRef: ATOMIC,
  RbacV1Subject: ATOMIC,
  V1Condition: { zeroIsAbsent: 'observedGeneration', emptyIsKept: 'message reason' },

  V1PodTemplateSpec: { always: { metadata: {}, spec: {} } },
  V1PodSpec: {
    merge: {
      containers: mergedBy('name'),
      initContainers: mergedBy('name'),
      ephemeralContainers: mergedBy('name'),
      hostAliases: mergedBy('ip'),
      imagePullSecrets: mergedBy('name'),
      nodeSelector: { 'x-kubernetes-map-type': 'atomic' },
      resourceClaims: mergedBy('name', ['name'], 'merge,retainKeys'),
      schedulingGates: mergedBy('name'),
      topologySpreadConstraints: mergedBy('topologyKey', ['topologyKey', 'whenUnsatisfiable']),
      volumes: mergedBy('name', ['name'], 'merge,retainKeys'),
    },
    zeroIsAbsent: 'hostNetwork hostPID hostIPC',
    always: { containers: null },
    quantities: 'overhead',
  },
  V1Container: CONTAINER,
  V1EphemeralContainer: CONTAINER,
  V1ContainerPort: { zeroIsAbsent: 'hostPort', keyDefaults: { protocol: 'TCP' } },
  V1VolumeMount: { zeroIsAbsent: 'readOnly' },
  V1Probe: {
    zeroIsAbsent:
      'initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold',
  },
  V1GRPCAction: { emptyIsKept: 'service' },
  V1HTTPHeader: { emptyIsKept: 'value' },
  V1HostPathVolumeSource: { emptyIsKept: 'type' },
  V1EmptyDirVolumeSource: { quantities: 'sizeLimit' },
  V1ResourceFieldSelector: { atomic: true, quantities: 'divisor' },
  V1ResourceRequirements: { merge: { claims: mapBy('name') }, quantities: 'limits requests' },
  V1VolumeResourceRequirements: { quantities: 'limits requests' },
  V1ContainerRestartRuleOnExitCodes: { merge: { values: setOnly() } },
  V1PersistentVolumeClaimSpec: { emptyIsKept: 'storageClassName' },
  V1PersistentVolumeClaimStatus: { ...CONDITIONS, quantities: 'allocatedResources capacity' },
  V1Pod: SPEC_AND_STATUS,
  V1PodStatus: {
    merge: {
      conditions: mergedBy('type'),
      podIPs: mergedBy('ip'),
      resourceClaimStatuses: mergedBy('name', ['name'], 'merge,retainKeys'),
      hostIPs: { 'x-kubernetes-patch-strategy': 'merge', 'x-kubernetes-patch-merge-key': 'ip' },
    },
    zeroIsAbsent: 'observedGeneration',
  },
  V1PodCondition: {
    zeroIsAbsent: 'observedGeneration',
    always: { lastProbeTime: null, lastTransitionTime: null },
  },
  V1ContainerStatus: {
    merge: { volumeMounts: mergedBy('mountPath') },
    emptyIsKept: 'image imageID name',
    always: { state: {}, lastState: {}, ready: false, restartCount: 0, image: '', imageID: '' },
    quantities: 'allocatedResources',
  },
  V1ContainerStateTerminated: {
    zeroIsAbsent: 'signal',
    always: { startedAt: null, finishedAt: null },
  },

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
  V1NodeStatus: {
    merge: { addresses: mergedBy('type'), conditions: mergedBy('type') },
    quantities: 'allocatable capacity',
  },
  V1ContainerImage: { zeroIsAbsent: 'sizeBytes' },
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
  V1ContainerStateRunning: { always: { startedAt: null } },

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
  V1JobTemplateSpec: { always: { spec: {} } },
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

/** Merged by `key` in a strategic merge patch; owned item by item, by `identity`, in an apply. */
function mergedBy(key: string, identity = [key], strategy = 'merge'): MergeFacts {
  return {
    ...mapBy(...identity),
    'x-kubernetes-patch-strategy': strategy,
    'x-kubernetes-patch-merge-key': key,
  };
}

function mapBy(...identity: string[]): MergeFacts {
  return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': identity };
}

function setOnly(): MergeFacts {
  return { 'x-kubernetes-list-type': 'set' };
}

function mergedSet(): MergeFacts {
  return { ...setOnly(), 'x-kubernetes-patch-strategy': 'merge' };
}
