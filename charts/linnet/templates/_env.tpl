{{/* Every setting of the controller (docs/reference/configuration.md) that the chart sets. */}}
{{- define "linnet.env" -}}
{{- $v := .Values -}}
{{- $plain := dict
  "LINNET_NAMESPACE" $v.watchNamespace
  "LINNET_SELECTOR" $v.selector
  "LINNET_PROMETHEUS" $v.prometheus.url
  "LINNET_METRIC_PREFIX" $v.prometheus.metricPrefix
  "LINNET_METRIC_REPORTERS" (join "," $v.prometheus.metricReporters)
  "LINNET_SWEEP_INTERVAL" $v.prometheus.sweepInterval
  "LINNET_REDIS_URL" $v.redis.url
  "LINNET_REDIS_USERNAME" $v.redis.username
  "LINNET_CLUSTER_DOMAIN" $v.clusterDomain
  "LINNET_ALLOWED_HOSTS" (join "," $v.allowedHosts)
  "LINNET_PORT" (int $v.port)
  "LINNET_CONCURRENCY" (int $v.concurrency)
  "LINNET_KUBE_API_QPS" (int $v.kubeApi.qps)
  "LINNET_KUBE_API_BURST" (int $v.kubeApi.burst)
  "LINNET_DRAIN" $v.drain
  "LINNET_SLACK_CHANNEL" $v.slack.channel
  "LINNET_LOG_LEVEL" $v.log.level
  "LINNET_LOG_FORMAT" $v.log.format
-}}
{{- if not $v.crossNamespaceRefs -}}
{{- $plain = set $plain "LINNET_NO_CROSS_NAMESPACE_REFS" "true" -}}
{{- end -}}
{{- $labels := list -}}
{{- range $istio, $own := $v.prometheus.metricLabels -}}
{{- $labels = append $labels (printf "%s=%s" $istio $own) -}}
{{- end -}}
{{- if $labels -}}
{{- $plain = set $plain "LINNET_METRIC_LABELS" (join "," $labels) -}}
{{- end -}}
{{- if $v.prometheus.recordedMetrics -}}
{{- $plain = set $plain "LINNET_RECORDED_METRICS" "true" -}}
{{- end -}}
{{- if $v.metrics.flaggerNames -}}
{{- $plain = set $plain "LINNET_FLAGGER_METRICS" "true" -}}
{{- end -}}
{{- if $v.prometheus.token.existingSecret -}}
{{- $plain = set $plain "LINNET_PROMETHEUS_TOKEN_FILE" "/etc/linnet/prometheus-token" -}}
{{- end -}}
{{- if or $v.prometheus.ca.existingSecret $v.prometheus.ca.existingConfigMap -}}
{{- $plain = set $plain "LINNET_PROMETHEUS_CA_FILE" "/etc/linnet/prometheus-ca.pem" -}}
{{- end -}}
{{- if or $v.redis.ca.existingSecret $v.redis.ca.existingConfigMap -}}
{{- $plain = set $plain "LINNET_REDIS_CA_FILE" "/etc/linnet/redis-ca.pem" -}}
{{- end -}}
{{- range $name, $value := $plain }}
{{- if ne (toString $value) "" }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- if $v.redis.password.existingSecret }}
{{- include "linnet.secretEnv" (list "LINNET_REDIS_PASSWORD" $v.redis.password.existingSecret $v.redis.password.key) }}
{{- else if $v.redis.password.value }}
{{- include "linnet.secretEnv" (list "LINNET_REDIS_PASSWORD" (include "linnet.fullname" .) "redis-password") }}
{{- end }}
{{- if $v.slack.existingSecret }}
{{- include "linnet.secretEnv" (list "LINNET_SLACK_URL" $v.slack.existingSecret $v.slack.urlKey "optional") }}
{{- include "linnet.secretEnv" (list "LINNET_SLACK_TOKEN" $v.slack.existingSecret $v.slack.tokenKey "optional") }}
{{- else if $v.slack.url }}
{{- include "linnet.secretEnv" (list "LINNET_SLACK_URL" (include "linnet.fullname" .) "slack-url") }}
{{- else if $v.slack.token }}
{{- include "linnet.secretEnv" (list "LINNET_SLACK_TOKEN" (include "linnet.fullname" .) "slack-token") }}
{{- end }}
{{- end -}}

{{/* (variable, Secret, key): a key that is missing keeps the pod from starting, unless a fourth word allows it. */}}
{{- define "linnet.secretEnv" }}
- name: {{ index . 0 }}
  valueFrom:
    secretKeyRef:
      name: {{ index . 1 }}
      key: {{ index . 2 }}
      {{- if eq (len .) 4 }}
      optional: true
      {{- end }}
{{- end -}}

{{/* Files of other people's Secrets and ConfigMaps under /etc/linnet; they follow their sources. */}}
{{- define "linnet.files" -}}
{{- with .Values.prometheus.token }}
{{- if .existingSecret }}
{{- include "linnet.file" (list "secret" .existingSecret .key "prometheus-token") }}
{{- end }}
{{- end }}
{{- range $name := list "prometheus" "redis" }}
{{- with (index $.Values $name).ca }}
{{- if .existingSecret }}
{{- include "linnet.file" (list "secret" .existingSecret .key (printf "%s-ca.pem" $name)) }}
{{- else if .existingConfigMap }}
{{- include "linnet.file" (list "configMap" .existingConfigMap .key (printf "%s-ca.pem" $name)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "linnet.file" }}
- {{ index . 0 }}:
    name: {{ index . 1 }}
    items:
      - key: {{ index . 2 }}
        path: {{ index . 3 }}
{{- end -}}
