{{/*
librdkafka settings from three places, the last one wins: what the old driver's Ignition gave to kafka-python
(app.config.override.messaging.config), kafka.config, and the mounted certificates. As JSON.
*/}}
{{- define "azure-driver.kafkaConfig" -}}
{{- $config := dict -}}
{{- $librdkafka := include "azure-driver.kafkaPythonNames" . | fromYaml -}}
{{- $messaging := .Values.app.config.override.messaging | default dict -}}
{{- range $key, $value := $messaging.config | default dict -}}
  {{- if hasKey $librdkafka $key -}}
    {{- $_ := set $config (get $librdkafka $key) $value -}}
  {{- else if eq $key "ssl_check_hostname" -}}
    {{- $_ := set $config "ssl.endpoint.identification.algorithm" (ternary "https" "none" $value) -}}
  {{- else if ne $key "api_version_auto_timeout_ms" -}}
    {{- fail (printf "app.config.override.messaging.config.%s: not a setting of the old driver's Kafka client that this chart can translate; give librdkafka's name of it in kafka.config" $key) -}}
  {{- end -}}
{{- end -}}
{{- range $key, $value := .Values.kafka.config -}}
  {{- $_ := set $config $key $value -}}
{{- end -}}
{{- if .Values.kafka.ca.existingSecret -}}
  {{- $_ := set $config "ssl.ca.location" "/var/azuredriver/kafka-ca/ca.crt" -}}
{{- end -}}
{{- if .Values.kafka.clientCertificate.existingSecret -}}
  {{- $_ := set $config "ssl.certificate.location" "/var/azuredriver/kafka-client/tls.crt" -}}
  {{- $_ := set $config "ssl.key.location" "/var/azuredriver/kafka-client/tls.key" -}}
{{- end -}}
{{- toJson $config -}}
{{- end -}}

{{/* kafka-python's names -> librdkafka's. */}}
{{- define "azure-driver.kafkaPythonNames" -}}
security_protocol: security.protocol
sasl_mechanism: sasl.mechanisms
sasl_plain_username: sasl.username
sasl_plain_password: sasl.password
sasl_kerberos_service_name: sasl.kerberos.service.name
ssl_cafile: ssl.ca.location
ssl_certfile: ssl.certificate.location
ssl_keyfile: ssl.key.location
ssl_password: ssl.key.password
ssl_crlfile: ssl.crl.location
ssl_ciphers: ssl.cipher.suites
client_id: client.id
acks: acks
retries: retries
linger_ms: linger.ms
compression_type: compression.type
request_timeout_ms: request.timeout.ms
retry_backoff_ms: retry.backoff.ms
reconnect_backoff_ms: reconnect.backoff.ms
reconnect_backoff_max_ms: reconnect.backoff.max.ms
connections_max_idle_ms: connections.max.idle.ms
metadata_max_age_ms: metadata.max.age.ms
max_request_size: message.max.bytes
max_in_flight_requests_per_connection: max.in.flight.requests.per.connection
{{- end -}}

{{/* What may not stand in a Deployment in clear text. */}}
{{- define "azure-driver.kafkaIsSecret" -}}
{{- if regexMatch "(password|secret|\\.pem|jaas\\.config)$" . -}}true{{- end -}}
{{- end -}}

{{- define "azure-driver.kafkaBootstrapServers" -}}
{{- $messaging := .Values.app.config.override.messaging | default dict -}}
{{ $messaging.connection_address | default .Values.kafka.bootstrapServers }}
{{- end -}}

{{- define "azure-driver.kafkaTopic" -}}
{{- $messaging := .Values.app.config.override.messaging | default dict -}}
{{- $events := ($messaging.topics | default dict).lifecycle_execution_events | default dict -}}
{{ $events.name | default .Values.kafka.topic }}
{{- end -}}

{{/* The ports of the bootstrap servers, as JSON. */}}
{{- define "azure-driver.kafkaPorts" -}}
{{- $ports := list -}}
{{- range splitList "," (include "azure-driver.kafkaBootstrapServers" .) -}}
  {{- $ports = append $ports (regexFind "[0-9]+$" (trim .) | default "9092" | int) -}}
{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}
