{{/* What values.schema.json cannot say, or not in words: forms with an example, and values that contradict each other. */}}
{{- define "azure-driver.check" -}}
{{- range include "azure-driver.forms" . | fromYamlArray -}}
  {{- if not (regexMatch .pattern (toString .value)) -}}
    {{- fail (printf "%s: %q must be %s" .name (toString .value) .must) -}}
  {{- end -}}
{{- end -}}
{{- if not .Values.durable.backend -}}
  {{- if .Values.durable.mssql.bundled.enabled -}}
    {{- fail "durable.mssql.bundled.enabled without durable.backend: set durable.backend=mssql" -}}
  {{- end -}}
  {{- if .Values.durable.azureStorage.accountName -}}
    {{- fail "durable.azureStorage.accountName without durable.backend: set durable.backend=azureStorage" -}}
  {{- end -}}
  {{- $running := include "azure-driver.backendOf" (lookup "apps/v1" "Deployment" .Release.Namespace (include "azure-driver.name" .)) -}}
  {{- if not (has $running (list "" "trial")) -}}
    {{- fail (printf "durable.backend: this release runs with %s, and its lifecycles do not move to another backend; set durable.backend=%s to keep it, or durable.backend=trial to begin with an empty task hub" $running $running) -}}
  {{- end -}}
{{- end -}}
{{- $backend := include "azure-driver.backend" . -}}
{{- $ssl := .Values.app.config.security.ssl -}}
{{- $autoscaler := .Values.app.autoscaler -}}
{{- if and $autoscaler.enabled .Values.keda.enabled -}}
  {{- fail "app.autoscaler.enabled and keda.enabled: both would scale the same Deployment; enable one" -}}
{{- end -}}
{{- if gt (int $autoscaler.minReplicas) (int $autoscaler.maxReplicas) -}}
  {{- fail "app.autoscaler.minReplicas is greater than app.autoscaler.maxReplicas" -}}
{{- end -}}
{{- if gt (int .Values.keda.minReplicas) (int .Values.keda.maxReplicas) -}}
  {{- fail "keda.minReplicas is greater than keda.maxReplicas" -}}
{{- end -}}
{{- if and .Values.keda.enabled (not (include "azure-driver.kedaTriggers" . | fromYamlArray)) -}}
  {{- fail "keda.enabled without a trigger: there is no scaler for this durable backend; set keda.cpu.enabled=true or give keda.triggers" -}}
{{- end -}}
{{- if and $ssl.certManager.enabled $ssl.servingCertificate.enabled -}}
  {{- fail "app.config.security.ssl: certManager.enabled and servingCertificate.enabled; one certificate has one issuer" -}}
{{- end -}}
{{- if and $ssl.certManager.enabled (not $ssl.certManager.issuerRef.name) -}}
  {{- fail "app.config.security.ssl.certManager.issuerRef.name: name the Issuer or ClusterIssuer" -}}
{{- end -}}
{{- if .Values.route.enabled -}}
  {{- if and (eq .Values.route.termination "edge") $ssl.enabled -}}
    {{- fail "route.termination=edge: the router would speak HTTP to a pod that speaks TLS; use reencrypt or passthrough, or set app.config.security.ssl.enabled=false" -}}
  {{- end -}}
  {{- if and (ne .Values.route.termination "edge") (not $ssl.enabled) (.Capabilities.APIVersions.Has "route.openshift.io/v1") -}}
    {{- fail (printf "route.termination=%s: the pod speaks no TLS (app.config.security.ssl.enabled=false); use edge, or set route.enabled=false" .Values.route.termination) -}}
  {{- end -}}
{{- end -}}
{{- if gt (add .Values.app.preStopSeconds .Values.app.shutdownTimeoutSeconds) (int64 .Values.app.terminationGracePeriodSeconds) -}}
  {{- fail "app.terminationGracePeriodSeconds is shorter than app.preStopSeconds and app.shutdownTimeoutSeconds together: the pod would be killed while it finishes its work" -}}
{{- end -}}
{{- $monitor := .Values.metrics.serviceMonitor -}}
{{- if and (or $monitor.enabled .Values.metrics.rules.enabled) (not .Values.metrics.enabled) -}}
  {{- fail "metrics.serviceMonitor.enabled or metrics.rules.enabled without metrics.enabled: the driver would have no /metrics" -}}
{{- end -}}
{{- if and $monitor.enabled (eq (include "azure-driver.tlsSource" .) "existing") (not $monitor.tlsConfig) -}}
  {{- fail "metrics.serviceMonitor.tlsConfig: say by which CA the certificate in app.config.security.ssl.secret.name is to be checked, such as {ca: {secret: {name: ca, key: ca.crt}}, serverName: azure-driver}" -}}
{{- end -}}
{{- if and .Values.kafka.secretKeys (not .Values.kafka.existingSecret) -}}
  {{- fail "kafka.secretKeys without kafka.existingSecret: name the Secret that holds the keys" -}}
{{- end -}}
{{- if and (eq $backend "mssql") .Values.durable.mssql.bundled.enabled (not .Values.durable.mssql.bundled.image) -}}
  {{- fail "durable.mssql.bundled.image: name the image of SQL Server 2022 in your registry" -}}
{{- end -}}
{{- if and .Values.azure.workloadIdentity.enabled (not .Values.azure.workloadIdentity.clientId) -}}
  {{- fail "azure.workloadIdentity.clientId: give the client id of the identity" -}}
{{- end -}}
{{- range .Values.azure.identities -}}
  {{- if and (eq .kind "workloadIdentity") (not .managedIdentity) (not $.Values.azure.workloadIdentity.enabled) -}}
    {{- fail "azure.identities: workloadIdentity needs the token of the pods' service account; set azure.workloadIdentity.enabled=true and its clientId, or name the managedIdentity that signs it in" -}}
  {{- end -}}
{{- end -}}
{{- if and (eq $backend "azureStorage") .Values.durable.azureStorage.accountName (not .Values.azure.workloadIdentity.enabled) -}}
  {{- fail "durable.azureStorage.accountName is reached with workload identity: set azure.workloadIdentity.enabled=true, or leave it empty and give existingSecret" -}}
{{- end -}}
{{- end -}}

{{- define "azure-driver.forms" -}}
- name: docker.digest
  value: {{ .Values.docker.digest | quote }}
  pattern: "^(sha256:[0-9a-f]{64})?$"
  must: sha256 and 64 hexadecimal digits, such as sha256:0123...
- name: kafka.bootstrapServers (app.config.override.messaging.connection_address)
  value: {{ include "azure-driver.kafkaBootstrapServers" . | quote }}
  pattern: "^[^ :,/]+:[0-9]+( *, *[^ :,/]+:[0-9]+)*$"
  must: host:port, or several of them separated by commas, without a scheme
{{- range keys .Values.kafka.config .Values.kafka.secretKeys | sortAlpha }}
- name: a setting in kafka.config or kafka.secretKeys
  value: {{ . | quote }}
  pattern: "^[a-z0-9]+([.][a-z0-9]+)*$"
  must: librdkafka's own name of it, such as security.protocol
{{- end }}
- name: kafka.topic
  value: {{ include "azure-driver.kafkaTopic" . | quote }}
  pattern: "^[-._a-zA-Z0-9]{1,249}$"
  must: a Kafka topic's name, up to 249 letters, digits, dots, dashes and underscores
- name: azure.authorityHost
  value: {{ .Values.azure.authorityHost | quote }}
  pattern: "^(https://[^ ]+)?$"
  must: an https URL, such as https://login.partner.example
- name: azure.resourceManagerUrl
  value: {{ .Values.azure.resourceManagerUrl | quote }}
  pattern: "^(https://[^ ]+)?$"
  must: an https URL, such as https://management.partner.example
- name: azure.workloadIdentity.clientId
  value: {{ .Values.azure.workloadIdentity.clientId | quote }}
  pattern: "^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?$"
  must: the identity's client id, such as 00000000-0000-0000-0000-000000000000
- name: durable.hubName
  value: {{ .Values.durable.hubName | quote }}
  pattern: "^[A-Za-z][A-Za-z0-9]{2,44}$"
  must: a task hub's name, 3 to 45 letters and digits, a letter first
- name: durable.mssql.schemaName
  value: {{ .Values.durable.mssql.schemaName | quote }}
  pattern: "^[A-Za-z_][A-Za-z0-9_]*$"
  must: the name of a database schema, letters, digits and underscores
- name: durable.azureStorage.accountName
  value: {{ .Values.durable.azureStorage.accountName | quote }}
  pattern: "^([a-z0-9]{3,24})?$"
  must: a storage account's name, 3 to 24 lower-case letters and digits
{{- end -}}
