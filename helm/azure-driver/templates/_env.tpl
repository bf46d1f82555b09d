{{/* The text of a value as an environment variable: whole numbers without exponent. */}}
{{- define "azure-driver.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ int64 . }}{{- else -}}{{ toString . }}{{- end -}}
{{- end -}}

{{/* What the chart itself sets, as a list. The Functions host's settings are those it was seen to run with. */}}
{{- define "azure-driver.ownEnv" -}}
{{- $ssl := .Values.app.config.security.ssl -}}
{{- $backend := include "azure-driver.backend" . -}}
{{- $durable := "AzureFunctionsJobHost__extensions__durableTask" -}}
- name: AzureWebJobsScriptRoot
  value: /home/site/wwwroot
- name: AzureFunctionsJobHost__Logging__Console__IsEnabled
  value: "true"
{{- if eq (toString .Values.app.config.env.LOG_TYPE) "logstash" }}
- name: AzureFunctionsJobHost__Logging__Console__FormatterName
  value: json
{{- end }}
- name: FUNCTIONS_WORKER_RUNTIME
  value: python
- name: FUNCTIONS_WORKER_PROCESS_COUNT
  value: {{ include "azure-driver.text" .Values.app.config.env.NUM_PROCESSES | quote }}
- name: PYTHON_THREADPOOL_THREAD_COUNT
  value: {{ include "azure-driver.text" .Values.app.config.env.NUM_THREADS | quote }}
# HTTP streams: without them the host loses the bodies of chunked requests.
- name: PYTHON_ENABLE_INIT_INDEXING
  value: "1"
# Pods share locks and task hub under one id; the host's own choice is the pod's name.
- name: AzureFunctionsWebHost__hostid
  value: {{ include "azure-driver.name" . }}
- name: WEBSITE_HOSTNAME
  value: {{ include "azure-driver.name" . }}.{{ .Release.Namespace }}.svc:7275
- name: AzureWebJobsSecretStorageType
  value: kubernetes
- name: FUNCTIONS_SECRETS_PATH
  value: /tmp/secrets
- name: AzureWebJobsDisableHomepage
  value: "true"
- name: ASPNETCORE_URLS
  value: {{ include "azure-driver.scheme" . }}://+:7275
{{- if $ssl.enabled }}
- name: ASPNETCORE_Kestrel__Certificates__Default__Path
  value: /var/azuredriver/certs/tls.crt
- name: ASPNETCORE_Kestrel__Certificates__Default__KeyPath
  value: /var/azuredriver/certs/tls.key
{{- else }}
# TLS ended before the pod: the forwarded headers tell the caller's scheme and host.
- name: ASPNETCORE_FORWARDEDHEADERS_ENABLED
  value: "true"
{{- end }}
- name: ASPNETCORE_SHUTDOWNTIMEOUTSECONDS
  value: {{ .Values.app.shutdownTimeoutSeconds | quote }}
- name: HOME
  value: /tmp
- name: PYTHONDONTWRITEBYTECODE
  value: "1"
- name: LOG_LEVEL
  value: {{ .Values.app.config.log.level | quote }}
- name: KAFKA_BOOTSTRAP_SERVERS
  value: {{ include "azure-driver.kafkaBootstrapServers" . | quote }}
- name: KAFKA_TOPIC
  value: {{ include "azure-driver.kafkaTopic" . | quote }}
{{- if .Values.metrics.enabled }}
- name: OTEL_METRICS_EXPORTER
  value: prometheus
# The worker processes of a pod share it.
- name: PROMETHEUS_MULTIPROC_DIR
  value: /tmp/metrics
{{- end }}
{{- range $key, $value := include "azure-driver.kafkaConfig" . | fromJson }}
- name: KAFKA_CONFIG_{{ $key | upper | replace "." "_" }}
{{- if include "azure-driver.kafkaIsSecret" $key }}
  valueFrom:
    secretKeyRef:
      name: {{ include "azure-driver.name" $ }}-kafka
      key: {{ $key }}
{{- else }}
  value: {{ include "azure-driver.text" $value | quote }}
{{- end }}
{{- end }}
{{- range $key, $secretKey := .Values.kafka.secretKeys }}
- name: KAFKA_CONFIG_{{ $key | upper | replace "." "_" }}
  valueFrom:
    secretKeyRef:
      name: {{ $.Values.kafka.existingSecret }}
      key: {{ $secretKey }}
{{- end }}
- name: SEALING_KEYS_FILE
  value: /var/azuredriver/sealing/keys
{{- with .Values.azure.authorityHost }}
- name: AZURE_AUTHORITY_HOST
  value: {{ . | quote }}
{{- end }}
{{- with .Values.azure.resourceManagerUrl }}
- name: AZURE_RESOURCE_MANAGER_URL
  value: {{ . | quote }}
{{- end }}
{{- with .Values.azure.gatewayHosts }}
- name: ARM_GATEWAY_HOSTS
  value: {{ join "," . | quote }}
{{- end }}
{{- with .Values.azure.clouds }}
- name: AZURE_CLOUDS
  value: {{ toJson . | quote }}
{{- end }}
{{- with .Values.azure.identities }}
- name: AZURE_IDENTITIES
  value: {{ toJson . | quote }}
{{- end }}
- name: REGISTER_PROVIDERS
  value: {{ .Values.azure.registerProviders | quote }}
{{- if .Values.azure.caBundle.existingConfigMap }}
- name: REQUESTS_CA_BUNDLE
  value: /var/azuredriver/azure-ca/ca-bundle.crt
- name: SSL_CERT_FILE
  value: /var/azuredriver/azure-ca/ca-bundle.crt
{{- end }}
- name: {{ $durable }}__hubName
  value: {{ .Values.durable.hubName | quote }}
- name: {{ $durable }}__maxConcurrentActivityFunctions
  value: {{ .Values.durable.maxConcurrentActivities | quote }}
- name: {{ $durable }}__maxConcurrentOrchestratorFunctions
  value: {{ .Values.durable.maxConcurrentOrchestrators | quote }}
{{- if eq $backend "mssql" }}
- name: {{ $durable }}__storageProvider__type
  value: mssql
- name: {{ $durable }}__storageProvider__connectionStringName
  value: SQLDB_Connection
- name: {{ $durable }}__storageProvider__createDatabaseIfNotExists
  value: {{ .Values.durable.mssql.createDatabase | quote }}
- name: {{ $durable }}__storageProvider__schemaName
  value: {{ .Values.durable.mssql.schemaName | quote }}
- name: SQLDB_Connection
  valueFrom:
    secretKeyRef:
      {{- if .Values.durable.mssql.bundled.enabled }}
      name: {{ include "azure-driver.name" . }}-mssql
      key: connectionString
      {{- else }}
      name: {{ .Values.durable.mssql.existingSecret }}
      key: {{ .Values.durable.mssql.key }}
      {{- end }}
{{- else if has $backend (list "azureStorage" "trial") }}
- name: {{ $durable }}__storageProvider__partitionCount
  value: {{ .Values.durable.azureStorage.partitionCount | quote }}
# Idle queues are looked at this often; what a killed pod had begun is begun again after these times, the least allowed.
- name: {{ $durable }}__storageProvider__maxQueuePollingInterval
  value: "00:00:02"
- name: {{ $durable }}__storageProvider__workItemQueueVisibilityTimeout
  value: "00:01:00"
- name: {{ $durable }}__storageProvider__controlQueueVisibilityTimeout
  value: "00:01:00"
{{- if eq $backend "trial" }}
- name: AzureWebJobsStorage
  valueFrom:
    secretKeyRef:
      name: {{ include "azure-driver.name" . }}-azurite
      key: connectionString
- name: TASK_HUB_TRIAL
  value: "true"
{{- else if .Values.durable.azureStorage.accountName }}
- name: AzureWebJobsStorage__accountName
  value: {{ .Values.durable.azureStorage.accountName | quote }}
{{- else }}
- name: AzureWebJobsStorage
  valueFrom:
    secretKeyRef:
      name: {{ .Values.durable.azureStorage.existingSecret }}
      key: {{ .Values.durable.azureStorage.key }}
{{- end }}
{{- else }}
- name: {{ $durable }}__storageProvider__type
  value: azureManaged
- name: {{ $durable }}__storageProvider__connectionStringName
  value: DURABLE_TASK_SCHEDULER_CONNECTION_STRING
- name: DURABLE_TASK_SCHEDULER_CONNECTION_STRING
  valueFrom:
    secretKeyRef:
      name: {{ .Values.durable.azureManaged.existingSecret }}
      key: {{ .Values.durable.azureManaged.key }}
{{- end }}
{{- end -}}

{{/* app.config.env, but for what has become another variable or has no meaning any more. */}}
{{- define "azure-driver.valuesEnv" -}}
{{- range $key, $value := omit .Values.app.config.env "NUM_PROCESSES" "NUM_THREADS" "WSGI_CONTAINER" }}
- name: {{ $key }}
  value: {{ include "azure-driver.text" $value | quote }}
{{- end }}
{{- end -}}

{{/* The whole environment; each name once, and none that would stop the host. */}}
{{- define "azure-driver.env" -}}
{{- $env := concat (include "azure-driver.ownEnv" . | fromYamlArray) (include "azure-driver.valuesEnv" . | fromYamlArray) .Values.app.extraEnv -}}
{{- $seen := dict -}}
{{- range $env -}}
  {{- if has (upper .name) (list "URLS" "POD_NAMESPACE" "CONTAINER_NAME") -}}
    {{- fail (printf "environment variable %s: the Functions host does not run with it (URLS binds its address twice, POD_NAMESPACE makes it take the pod for App Service, CONTAINER_NAME for Linux Consumption); use another name" .name) -}}
  {{- end -}}
  {{- if not (regexMatch "^[-._a-zA-Z][-._a-zA-Z0-9]*$" .name) -}}
    {{- fail (printf "environment variable %q: a name has letters, digits, dots, dashes and underscores, and no digit first" .name) -}}
  {{- end -}}
  {{- if hasKey $seen .name -}}
    {{- fail (printf "environment variable %s: given twice; it is set by the chart's own values, or stands in both app.config.env and app.extraEnv" .name) -}}
  {{- end -}}
  {{- $_ := set $seen .name true -}}
{{- end -}}
{{- toYaml $env -}}
{{- end -}}
