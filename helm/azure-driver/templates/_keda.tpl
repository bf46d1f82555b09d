{{/* One pod less at a time: what it ran is repeated elsewhere, after the lock on it has expired. */}}
{{- define "azure-driver.scaleDown" -}}
scaleDown:
  stabilizationWindowSeconds: {{ .Values.keda.scaleDown.stabilizationWindowSeconds }}
  policies:
    - type: Pods
      value: 1
      periodSeconds: {{ .Values.keda.scaleDown.podPeriodSeconds }}
{{- end -}}

{{- define "azure-driver.kedaTriggers" -}}
{{- $name := include "azure-driver.name" . -}}
{{- $durable := .Values.durable -}}
{{- $backend := include "azure-driver.backend" . -}}
{{- if and (eq $backend "mssql") .Values.keda.mssql.enabled }}
- type: mssql
  metadata:
    query: "SELECT {{ $durable.mssql.schemaName }}.GetScaleRecommendation({{ $durable.maxConcurrentOrchestrators }}, {{ $durable.maxConcurrentActivities }})"
    targetValue: "1"
  authenticationRef:
    name: {{ $name }}
{{- end }}
{{- if and (eq $backend "azureStorage") .Values.keda.azureQueue.enabled }}
{{- $queues := list (printf "%s-workitems" (lower $durable.hubName)) }}
{{- range until (int $durable.azureStorage.partitionCount) }}
{{- $queues = append $queues (printf "%s-control-%02d" (lower $durable.hubName) .) }}
{{- end }}
{{- range $queues }}
- type: azure-queue
  metadata:
    queueName: {{ . }}
    queueLength: {{ $.Values.keda.azureQueue.queueLength | quote }}
    {{- with $durable.azureStorage.accountName }}
    accountName: {{ . }}
    {{- end }}
  authenticationRef:
    name: {{ $name }}
{{- end }}
{{- end }}
{{- if .Values.keda.cpu.enabled }}
- type: cpu
  metricType: Utilization
  metadata:
    value: {{ .Values.keda.cpu.utilization | quote }}
{{- end }}
{{- with .Values.keda.triggers }}
{{ toYaml . }}
{{- end }}
{{- end -}}
