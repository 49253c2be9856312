{{/* What Linnet may do where the Canaries are. Each rule says why; there are no wildcards. */}}
{{- define "linnet.rules" -}}
# Canaries are read, and get the finalizer that brings their target back first.
- apiGroups: [linnet.dev]
  resources: [canaries]
  verbs: [get, list, watch, patch]
# The plan of every rollout is the Canary's status.
- apiGroups: [linnet.dev]
  resources: [canaries/status]
  verbs: [update]
# What Canaries refer to.
- apiGroups: [linnet.dev]
  resources: [metrictemplates, alertproviders]
  verbs: [get, list, watch]
# The target is read, claimed, scaled and stamped; its primary is made and given the promoted
# template. Neither is ever deleted: the primary goes with its Canary, to which it belongs.
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch, create, patch]
# A target of this kind is claimed for its Canary, so that no other takes it.
- apiGroups: [apps]
  resources: [daemonsets]
  verbs: [get, list, watch, patch]
# Pod templates of revisions are pinned here, and removed when no rollout names them any more.
- apiGroups: [apps]
  resources: [controllerrevisions]
  verbs: [get, list, watch, create, patch, delete]
# The configuration that a workload uses is watched for changes (names and versions only), read
# when it has changed, and copied for the primary; copies that nothing uses any more are removed.
# A Secret is also where an AlertProvider or a MetricTemplate has its credentials.
- apiGroups: ['']
  resources: [configmaps, secrets]
  verbs: [get, list, watch, create, patch, delete]
# The Services of both versions are made; the one that callers know is turned to the primary.
- apiGroups: ['']
  resources: [services]
  verbs: [get, list, watch, create, patch]
# No version gets traffic before its endpoints are there.
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list, watch]
# Preflight: do the pods of the target and of its callers have a sidecar?
- apiGroups: ['']
  resources: [pods]
  verbs: [list]
# The primary gets a copy of the target's autoscaler.
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [get, list, watch, create, patch]
# The same with KEDA; the target's ScaledObject is paused while the target has no pods.
- apiGroups: [keda.sh]
  resources: [scaledobjects]
  verbs: [get, list, watch, create, patch]
# Weights and versions: those that Linnet made are removed when the Canary goes, those of a user
# are patched only in the fields that are Linnet's.
- apiGroups: [networking.istio.io]
  resources: [virtualservices, destinationrules]
  verbs: [get, list, watch, create, patch, delete]
# `kubectl describe canary` tells the story of a rollout.
- apiGroups: ['']
  resources: [events]
  verbs: [create]
{{- end -}}

{{/* The little that is not in a namespace of Canaries. */}}
{{- define "linnet.clusterwideRules" -}}
# The UID of kube-system is the cluster's identity in a Redis that clusters share. Preflight: does
# a namespace have its pods injected?
- apiGroups: ['']
  resources: [namespaces]
  {{- with .Values.watchNamespace }}
  resourceNames: [kube-system, {{ quote . }}]
  {{- end }}
  verbs: [get]
# Preflight: does the Gateway exist that a Canary names? It mostly stands in another namespace.
- apiGroups: [networking.istio.io]
  resources: [gateways]
  verbs: [get]
{{- end -}}

{{/* What the Role says in their place, where there are no ClusterRoles. */}}
{{- define "linnet.ownNamespaceRules" -}}
# The namespace's own UID takes the place of kube-system's. Preflight: does it have its pods injected?
- apiGroups: ['']
  resources: [namespaces]
  resourceNames: [{{ quote .Values.watchNamespace }}]
  verbs: [get]
# Preflight: does the Gateway exist that a Canary names, if it stands here?
- apiGroups: [networking.istio.io]
  resources: [gateways]
  verbs: [get]
{{- end -}}

{{- define "linnet.subject" -}}
- kind: ServiceAccount
  name: {{ include "linnet.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}
