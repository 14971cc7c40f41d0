{{- define "stoa.name" -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | replace "stoa-stoa" "stoa" | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "stoa.selector" -}}
app.kubernetes.io/name: stoa
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "stoa.labels" -}}
{{ include "stoa.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* The image by its digest where there is one: (dict "root" $ "image" .Values.images.web) */}}
{{- define "stoa.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* What every pod is: nobody, without privileges, with the engine's filter of calls. */}}
{{- define "stoa.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "stoa.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "stoa.env" -}}
{{- range $name, $value := .Values.config }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- if .Values.sandbox.image }}
- name: SANDBOX_ENGINE
  value: kubernetes
- name: SANDBOX_IMAGE
  value: {{ .Values.sandbox.image | quote }}
- name: SANDBOX_NAMESPACE
  value: {{ .Values.sandbox.namespace | quote }}
- name: SANDBOX_RUNTIME
  value: {{ .Values.sandbox.runtimeClass.name | quote }}
{{- end }}
{{- if .Values.workers.gpu.enabled }}
- name: JOBS_HAVE_GPU
  value: "1"
{{- end }}
{{- end -}}

{{- define "stoa.envFrom" -}}
- secretRef:
    name: {{ required "secretName: name the Secret with SECRET_KEY, DATABASE_URL, BROKER_URL and STORAGE_URL" .Values.secretName }}
{{- end -}}

{{- define "stoa.mounts" -}}
- {name: data, mountPath: /var/lib/stoa}
- {name: tmp, mountPath: /tmp}
{{- end -}}

{{/* (dict "scratch" "20Gi"): what is under way, on the node's disk. */}}
{{- define "stoa.volumes" -}}
- name: data
  emptyDir: {sizeLimit: {{ .scratch }}}
- name: tmp
  emptyDir: {sizeLimit: 1Gi}
{{- end -}}

{{- define "stoa.pullSecrets" -}}
{{- with .Values.images.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
