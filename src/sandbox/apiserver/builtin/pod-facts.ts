import {
  ATOMIC,
  CONDITIONS,
  mapBy,
  mergedBy,
  setOnly,
  SPEC_AND_STATUS,
  type ModelFacts,
} from './facts.ts';

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

/** Pods, what they are made of, and their status. */
export const POD_FACTS: Record<string, ModelFacts> = {
  V1ConfigMapKeySelector: ATOMIC,
  V1SecretKeySelector: ATOMIC,
  V1ObjectFieldSelector: ATOMIC,
  V1FileKeySelector: ATOMIC,
  V1NodeSelector: ATOMIC,
  V1NodeSelectorTerm: ATOMIC,
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
  V1PersistentVolumeClaim: SPEC_AND_STATUS,
  V1PersistentVolumeClaimSpec: { emptyIsKept: 'storageClassName', always: { resources: {} } },
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
  V1ContainerImage: { zeroIsAbsent: 'sizeBytes' },
  V1ContainerStateRunning: { always: { startedAt: null } },
};
