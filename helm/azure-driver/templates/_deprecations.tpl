{{/* Values of the old chart that are still understood, or that have no meaning any more. */}}
{{- define "azure-driver.deprecations" -}}
{{- $found := list -}}
{{- if .Values.resources -}}
  {{- $found = append $found "resources: use app.resources (honoured)" -}}
{{- end -}}
{{- if hasKey .Values.app.config.env "WSGI_CONTAINER" -}}
  {{- $found = append $found "app.config.env.WSGI_CONTAINER: the Functions host serves HTTP (ignored)" -}}
{{- end -}}
{{- range $group, $settings := .Values.app.config.override -}}
  {{- if ne $group "messaging" -}}
    {{- $found = append $found (printf "app.config.override.%s: this driver has no default_config.yml (ignored)" $group) -}}
  {{- end -}}
{{- end -}}
{{- $messaging := .Values.app.config.override.messaging | default dict -}}
{{- if $messaging.connection_address -}}
  {{- $found = append $found "app.config.override.messaging.connection_address: use kafka.bootstrapServers (honoured)" -}}
{{- end -}}
{{- if $messaging.config -}}
  {{- $found = append $found "app.config.override.messaging.config: use kafka.config with librdkafka's names (honoured)" -}}
{{- end -}}
{{- if or (hasKey $messaging "api_version_auto_timeout_ms") (hasKey ($messaging.config | default dict) "api_version_auto_timeout_ms") -}}
  {{- $found = append $found "app.config.override.messaging: api_version_auto_timeout_ms has no counterpart in librdkafka (ignored)" -}}
{{- end -}}
{{- if $messaging.topics -}}
  {{- $found = append $found "app.config.override.messaging.topics: use kafka.topic (the name of lifecycle_execution_events is honoured, the rest is ignored: the driver makes no topics)" -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}
