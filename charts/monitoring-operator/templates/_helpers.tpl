{{/* The name of everything in the release: at most 63 characters, because label values and Service names end there. */}}
{{- define "monitoring-operator.fullname" -}}
{{- $name := .Release.Name -}}
{{- if not (contains .Chart.Name .Release.Name) -}}
{{- $name = printf "%s-%s" .Release.Name .Chart.Name -}}
{{- end -}}
{{- .Values.fullnameOverride | default $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Labels by which the Deployment and the Service find the pod: they can never change. */}}
{{- define "monitoring-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "monitoring-operator.labels" -}}
{{ include "monitoring-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: {{ .Chart.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "monitoring-operator.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "monitoring-operator.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{- define "monitoring-operator.image" -}}
{{- $tagged := printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- if .Values.image.digest }}{{ printf "%s@%s" $tagged .Values.image.digest }}{{ else }}{{ $tagged }}{{ end -}}
{{- end -}}

{{/* The Service's address inside the cluster, without a cluster domain, which differs from cluster to cluster. */}}
{{- define "monitoring-operator.url" -}}
http://{{ include "monitoring-operator.fullname" . }}.{{ .Release.Namespace }}.svc:8080
{{- end -}}

{{/* Where runbooks are, without a slash at the end. */}}
{{- define "monitoring-operator.runbooks" -}}
{{- .Values.runbookBaseUrl | default "https://monitoring-operator.dev/runbooks" | trimSuffix "/" -}}
{{- end -}}
