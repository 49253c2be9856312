{{/*
What the schema cannot say in words: values that contradict one another, a sentence each, all at once.
*/}}
{{- define "linnet.checks" -}}
{{- $wrong := list -}}
{{- $v := .Values -}}
{{- if and (gt (int $v.replicas) 1) (not $v.redis.url) -}}
{{- $wrong = append $wrong (printf "replicas: found %d, allowed without redis.url is 1: several replicas need a Redis that they share" (int $v.replicas)) -}}
{{- end -}}
{{- range $name := list "redis" "prometheus" -}}
{{- if contains "@" (index $v $name).url -}}
{{- $wrong = append $wrong (printf "%s.url: found a user or a password in it, allowed is a URL without: everybody who may see the Deployment could read them" $name) -}}
{{- end -}}
{{- end -}}
{{- if and $v.redis.password.value $v.redis.password.existingSecret -}}
{{- $wrong = append $wrong "redis.password: found both value and existingSecret, allowed is one of them" -}}
{{- end -}}
{{- if and (not $v.redis.url) (or $v.redis.username $v.redis.password.value $v.redis.password.existingSecret $v.redis.ca.existingSecret $v.redis.ca.existingConfigMap) -}}
{{- $wrong = append $wrong "redis: found username, password or ca without url; they are for a Redis by URL, the one that a pod starts itself needs none" -}}
{{- end -}}
{{- range $name := list "redis" "prometheus" -}}
{{- $ca := (index $v $name).ca -}}
{{- if and $ca.existingSecret $ca.existingConfigMap -}}
{{- $wrong = append $wrong (printf "%s.ca: found both existingSecret and existingConfigMap, allowed is one of them" $name) -}}
{{- end -}}
{{- end -}}
{{- if and $v.redis.url (or $v.redis.ca.existingSecret $v.redis.ca.existingConfigMap) (not (hasPrefix "rediss" $v.redis.url)) -}}
{{- $wrong = append $wrong "redis.ca: found an authority for a URL without TLS, allowed is one that begins with rediss" -}}
{{- end -}}
{{- if and $v.slack.existingSecret (or $v.slack.url $v.slack.token) -}}
{{- $wrong = append $wrong "slack: found both existingSecret and url or token, allowed is either" -}}
{{- end -}}
{{- if and $v.slack.url $v.slack.token -}}
{{- $wrong = append $wrong "slack: found both url and token, allowed is one of them" -}}
{{- end -}}
{{- if and $v.slack.token (not $v.slack.channel) -}}
{{- $wrong = append $wrong "slack.channel: found none, a bot token needs one" -}}
{{- end -}}
{{- if and (not $v.serviceAccount.create) (not $v.serviceAccount.name) $v.rbac.create -}}
{{- $wrong = append $wrong "serviceAccount.name: found none while serviceAccount.create is off; name the account that shall get the rights, or set rbac.create to false" -}}
{{- end -}}
{{- if and $v.rbac.create (not $v.rbac.clusterRoles) (not $v.watchNamespace) -}}
{{- $wrong = append $wrong "rbac.clusterRoles: found false without watchNamespace, allowed is true: to watch all namespaces takes a ClusterRole" -}}
{{- end -}}
{{- if and $v.metrics.serviceMonitor.enabled (not $v.metrics.service.enabled) -}}
{{- $wrong = append $wrong "metrics.serviceMonitor.enabled: found true without metrics.service.enabled, whose Service it selects" -}}
{{- end -}}
{{- if and $v.prometheus.recordingRules.enabled (or (ne $v.prometheus.metricPrefix "istio") $v.prometheus.metricLabels) -}}
{{- $wrong = append $wrong "prometheus.recordingRules.enabled: found true with a metricPrefix or metricLabels of your own, allowed is neither: the rules name the series as Istio does" -}}
{{- end -}}
{{- if $wrong -}}
{{- fail (printf "\n%s" (join "\n" $wrong)) -}}
{{- end -}}
{{- end -}}
