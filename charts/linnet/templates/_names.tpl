{{/* The chart's name, as labels have it. */}}
{{- define "linnet.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of every object: the release's, and the chart's unless the release is named after it. */}}
{{- define "linnet.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "linnet.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "linnet.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Cluster-wide objects of two releases must not meet. */}}
{{- define "linnet.clusterwideName" -}}
{{- if eq .Release.Namespace (include "linnet.fullname" .) -}}
{{- include "linnet.fullname" . -}}
{{- else -}}
{{- printf "%s-%s" .Release.Namespace (include "linnet.fullname" .) -}}
{{- end -}}
{{- end -}}

{{- define "linnet.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "linnet.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* What never changes in the life of a release: a Deployment's selector cannot. */}}
{{- define "linnet.selectorLabels" -}}
app.kubernetes.io/name: {{ include "linnet.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "linnet.labels" -}}
{{ include "linnet.labelsAnd" (list . dict) }}
{{- end -}}

{{/* (root, labels): those of every object, and these. What selects pods cannot be replaced. */}}
{{- define "linnet.labelsAnd" -}}
{{- $root := index . 0 -}}
{{- $own := dict
  "app.kubernetes.io/version" $root.Chart.AppVersion
  "app.kubernetes.io/component" "controller"
  "app.kubernetes.io/part-of" "linnet"
  "app.kubernetes.io/managed-by" $root.Release.Service
  "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
-}}
{{- $selecting := include "linnet.selectorLabels" $root | fromYaml -}}
{{- toYaml (merge $selecting (index . 1) $root.Values.commonLabels $own) -}}
{{- end -}}

{{- define "linnet.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (default $.Chart.AppVersion .tag) -}}
{{- end -}}
{{- end -}}
{{- end -}}
