{{/*
What the chart draws at random is drawn once: `lookup` finds what an earlier install made, and within one rendering the
drawn Secrets are kept in .Values, since a template that is included twice would draw twice (the Secret and the checksum
that restarts the pods must speak of the same data).
*/}}
{{- define "azure-driver.generated" -}}
{{- if not (hasKey .Values "generated") -}}
  {{- $name := include "azure-driver.name" . -}}
  {{- $generated := dict -}}
  {{- if eq (include "azure-driver.tlsSource" .) "generated" -}}
    {{- $_ := set $generated .Values.app.config.security.ssl.secret.name (include "azure-driver.newCertificate" . | fromJson) -}}
  {{- end -}}
  {{- if not .Values.sealing.existingSecret -}}
    {{- $_ := set $generated (printf "%s-sealing" $name) (dict "keys" (randBytes 32 | replace "+" "-" | replace "/" "_" | b64enc)) -}}
  {{- end -}}
  {{- if not .Values.functionKeys.existingSecret -}}
    {{- $_ := set $generated (printf "%s-function-keys" $name) (include "azure-driver.newFunctionKeys" . | fromJson) -}}
  {{- end -}}
  {{- $backend := include "azure-driver.backend" . -}}
  {{- if eq $backend "trial" -}}
    {{- $_ := set $generated (printf "%s-azurite" $name) (include "azure-driver.newStorageAccount" . | fromJson) -}}
  {{- else if and (eq $backend "mssql") .Values.durable.mssql.bundled.enabled -}}
    {{- $_ := set $generated (printf "%s-mssql" $name) (include "azure-driver.newDatabaseLogin" . | fromJson) -}}
  {{- end -}}
  {{- range $secret, $drawn := $generated -}}
    {{- $existing := lookup "v1" "Secret" $.Release.Namespace $secret -}}
    {{- $_ := set $generated $secret (merge (dict) ($existing.data | default dict) $drawn) -}}
  {{- end -}}
  {{- $_ := set .Values "generated" $generated -}}
{{- end -}}
{{- toJson .Values.generated -}}
{{- end -}}

{{/* Whether a Secret is in the cluster and not this release's: the certificate that the old chart's hook made. */}}
{{- define "azure-driver.foreign" -}}
{{- $existing := lookup "v1" "Secret" .release.Namespace .secret -}}
{{- if $existing -}}
  {{- if ne (dig "metadata" "annotations" "meta.helm.sh/release-name" "" $existing) .release.Name -}}true{{- end -}}
{{- end -}}
{{- end -}}

{{- define "azure-driver.newCertificate" -}}
{{- $cert := genSelfSignedCert .Values.app.config.security.ssl.secret.commonName nil (include "azure-driver.tlsNames" . | fromJsonArray) 3650 -}}
{{- dict "tls.crt" ($cert.Cert | b64enc) "tls.key" ($cert.Key | b64enc) | toJson -}}
{{- end -}}

{{/* The host makes keys that it does not find, and cannot in a read-only mount: all are given. */}}
{{- define "azure-driver.newFunctionKeys" -}}
{{- $keys := dict -}}
{{- range list "host.master" "host.function.default" "host.systemKey.default" "host.systemKey.durabletask_extension" -}}
  {{- $_ := set $keys . (randAlphaNum 56 | b64enc) -}}
{{- end -}}
{{- range include "azure-driver.httpFunctions" . | fromJsonArray -}}
  {{- $_ := set $keys (printf "functions.%s.default" .) (randAlphaNum 56 | b64enc) -}}
{{- end -}}
{{- toJson $keys -}}
{{- end -}}

{{/* The HTTP functions of function_app.py, in lower case. */}}
{{- define "azure-driver.httpFunctions" -}}
{{- list "describe_api" "execute_lifecycle" "find_reference" "health" "list_executions" "show_console" "show_execution" "show_metrics" | toJson -}}
{{- end -}}

{{/*
The account of the trial's storage: `accounts` as Azurite reads it, `connectionString` as the host does. The storage clients
take the account from a URL's path only on the ports 10000 to 10002.
*/}}
{{- define "azure-driver.newStorageAccount" -}}
{{- $account := "azuredriver" -}}
{{- $key := randBytes 64 -}}
{{- $host := printf "%s-azurite.%s.svc" (include "azure-driver.name" .) .Release.Namespace -}}
{{- $connection := list "DefaultEndpointsProtocol=http" (printf "AccountName=%s" $account) (printf "AccountKey=%s" $key) -}}
{{- range $service, $port := dict "Blob" 10000 "Queue" 10001 "Table" 10002 -}}
  {{- $connection = append $connection (printf "%sEndpoint=http://%s:%d/%s" $service $host $port $account) -}}
{{- end -}}
{{- dict "accounts" (printf "%s:%s" $account $key | b64enc) "connectionString" (join ";" $connection | b64enc) | toJson -}}
{{- end -}}

{{- define "azure-driver.newDatabaseLogin" -}}
{{- $host := printf "%s-mssql" (include "azure-driver.name" .) -}}
{{- $password := printf "%sAa1" (randAlphaNum 32) -}}
{{- $connection := printf "Server=tcp:%s,1433;Database=azuredriver;User ID=sa;Password=%s;Encrypt=True;TrustServerCertificate=True" $host $password -}}
{{- dict "host" ($host | b64enc) "port" ("1433" | b64enc) "database" ("azuredriver" | b64enc) "username" ("sa" | b64enc) "password" ($password | b64enc) "connectionString" ($connection | b64enc) | toJson -}}
{{- end -}}
