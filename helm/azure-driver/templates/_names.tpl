{{/* Every object is named azure-driver, whatever the release: lmctl's URL, the certificate and the old chart's estate say so. */}}
{{- define "azure-driver.name" -}}azure-driver{{- end -}}

{{- define "azure-driver.labels" -}}
{{ include "azure-driver.selector" . }}
part-of: lm
app.kubernetes.io/name: {{ include "azure-driver.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: lm
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* A Deployment's selector cannot be changed: this is the old chart's, so that `helm upgrade` works across the two. */}}
{{- define "azure-driver.selector" -}}
app: {{ include "azure-driver.name" . }}
{{- end -}}

{{- define "azure-driver.image" -}}
{{- if .Values.docker.digest -}}
{{ .Values.docker.image }}@{{ .Values.docker.digest }}
{{- else -}}
{{ .Values.docker.image }}:{{ .Values.docker.version | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "azure-driver.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "azure-driver.name" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end -}}
{{- end -}}

{{/* Where Durable Functions keeps its state; _checks.tpl keeps the default from moving a release that is there. */}}
{{- define "azure-driver.backend" -}}
{{ .Values.durable.backend | default "trial" }}
{{- end -}}

{{/* The backend that a Deployment in the cluster runs with; empty: none, as with the driver before this one. */}}
{{- define "azure-driver.backendOf" -}}
{{- $env := dict -}}
{{- range dig "spec" "template" "spec" "containers" list . -}}
  {{- range .env -}}
    {{- $_ := set $env .name (.value | default "") -}}
  {{- end -}}
{{- end -}}
{{- $provider := get $env "AzureFunctionsJobHost__extensions__durableTask__storageProvider__type" -}}
{{- $byStorage := or (hasKey $env "AzureWebJobsStorage") (hasKey $env "AzureWebJobsStorage__accountName") | ternary "azureStorage" "" -}}
{{- dig "metadata" "annotations" "azure-driver/durable-backend" ($provider | default $byStorage) . -}}
{{- end -}}

{{- define "azure-driver.scheme" -}}
{{ ternary "https" "http" .Values.app.config.security.ssl.enabled }}
{{- end -}}

{{/* The least number of pods that this release runs. */}}
{{- define "azure-driver.minReplicas" -}}
{{- if .Values.app.autoscaler.enabled -}}
{{ .Values.app.autoscaler.minReplicas }}
{{- else if .Values.keda.enabled -}}
{{ .Values.keda.minReplicas }}
{{- else -}}
{{ .Values.app.replicas }}
{{- end -}}
{{- end -}}

{{/* `oc scale` lasts through upgrades until app.replicas itself changes; the annotation says what it was. */}}
{{- define "azure-driver.replicas" -}}
{{- $live := lookup "apps/v1" "Deployment" .Release.Namespace (include "azure-driver.name" .) -}}
{{- if eq (dig "metadata" "annotations" "azure-driver/replicas" "" $live) (toString .Values.app.replicas) -}}
{{ $live.spec.replicas | int }}
{{- else -}}
{{ .Values.app.replicas }}
{{- end -}}
{{- end -}}

{{/* Where the certificate comes from: none, existing, generated, certManager or servingCertificate. */}}
{{- define "azure-driver.tlsSource" -}}
{{- $ssl := .Values.app.config.security.ssl -}}
{{- if not $ssl.enabled -}}
none
{{- else if $ssl.certManager.enabled -}}
certManager
{{- else if $ssl.servingCertificate.enabled -}}
servingCertificate
{{- else if $ssl.secret.generate -}}
generated
{{- else -}}
existing
{{- end -}}
{{- end -}}

{{- define "azure-driver.tlsNames" -}}
{{- $name := include "azure-driver.name" . -}}
{{- $ns := .Release.Namespace -}}
{{- $names := list .Values.app.config.security.ssl.secret.commonName $name (printf "%s.%s" $name $ns) (printf "%s.%s.svc" $name $ns) (printf "%s.%s.svc.cluster.local" $name $ns) -}}
{{- if and .Values.route.enabled .Values.route.host -}}
{{- $names = append $names .Values.route.host -}}
{{- end -}}
{{- concat $names .Values.app.config.security.ssl.secret.alternativeNames | uniq | toJson -}}
{{- end -}}

{{/* OpenShift's constraint chooses user and group by itself; everywhere else the image's own user is asked for. */}}
{{- define "azure-driver.fixedUser" -}}
{{- if or (not (.Capabilities.APIVersions.Has "security.openshift.io/v1")) (eq .Release.Namespace "kube-system") (not .Values.global.arbitraryUids) -}}
true
{{- end -}}
{{- end -}}

{{- define "azure-driver.podSecurityContext" -}}
runAsNonRoot: true
{{- if include "azure-driver.fixedUser" . }}
runAsUser: 10001
fsGroup: 10001
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "azure-driver.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "azure-driver.resources" -}}
{{- toYaml (mergeOverwrite (deepCopy .Values.app.resources) .Values.resources) -}}
{{- end -}}

{{/* Whether the driver asks the metadata service of its node (IMDS) for tokens of a managed identity. */}}
{{- define "azure-driver.usesManagedIdentity" -}}
{{- range .Values.azure.identities -}}
  {{- if or (eq .kind "managedIdentity") .managedIdentity -}}true{{- end -}}
{{- end -}}
{{- end -}}
