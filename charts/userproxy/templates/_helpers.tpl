{{/* Names and labels. */}}
{{- define "userproxy.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "userproxy.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "userproxy.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The full name with a suffix, within 63 characters. Takes a list: root, suffix. */}}
{{- define "userproxy.suffixed" -}}
{{- $suffix := index . 1 -}}
{{- printf "%s-%s" (include "userproxy.fullname" (index . 0) | trunc (int (sub 62 (len $suffix))) | trimSuffix "-") $suffix -}}
{{- end -}}

{{/* Never to be changed: the selector of a DaemonSet is immutable. */}}
{{- define "userproxy.selectorLabels" -}}
app.kubernetes.io/name: {{ include "userproxy.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Of the DaemonSet that cleans up single nodes; Pods of the one must not be Pods of the other. */}}
{{- define "userproxy.cleanupLabels" -}}
app.kubernetes.io/name: {{ include "userproxy.name" . }}-cleanup
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "userproxy.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "userproxy.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: service-proxy
app.kubernetes.io/part-of: userproxy
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "userproxy.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "userproxy.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Of the release, or of all charts of it. */}}
{{- define "userproxy.registry" -}}
{{- default (default "" .Values.image.registry) (default dict .Values.global).imageRegistry | trimSuffix "/" -}}
{{- end -}}

{{- define "userproxy.image" -}}
{{- $registry := include "userproxy.registry" . -}}
{{- with .Values.image -}}
{{- $name := .repository -}}
{{- if $registry -}}{{- $name = printf "%s/%s" $registry .repository -}}{{- end -}}
{{- if .digest -}}{{- printf "%s@%s" $name .digest -}}{{- else -}}{{- printf "%s:%s" $name (default $.Chart.AppVersion .tag) -}}{{- end -}}
{{- end -}}
{{- end -}}

{{/* Not empty when somebody has said where the image is, or that it is on the nodes. A repository may begin with a host, as image references do: one with a dot or a port, or localhost. */}}
{{- define "userproxy.imageIsPlaced" -}}
{{- if or (include "userproxy.registry" .) (regexMatch "^([^/]*[.:][^/]*|localhost)/" .Values.image.repository) (eq .Values.image.pullPolicy "Never") -}}yes{{- end -}}
{{- end -}}

{{/* The Secrets of the release and of all charts of it, as a Pod has them; a global one may be a name alone. Empty for none. */}}
{{- define "userproxy.imagePullSecrets" -}}
{{- $secrets := list -}}
{{- range concat (default list (default dict .Values.global).imagePullSecrets) (default list .Values.imagePullSecrets) -}}
{{- $secrets = append $secrets (ternary (dict "name" .) . (kindIs "string" .)) -}}
{{- end -}}
{{- with uniq $secrets -}}{{- toYaml . -}}{{- end -}}
{{- end -}}

{{/* Settings that depend on mode and profile. */}}
{{- /* YAML reads on and off without quotes as booleans. */ -}}
{{- define "userproxy.clusterIps" -}}
{{- if kindIs "bool" .Values.clusterIps -}}
{{- ternary "on" "off" .Values.clusterIps -}}
{{- else -}}
{{- default (ternary "on" "off" (eq .Values.securityProfile "full")) .Values.clusterIps -}}
{{- end -}}
{{- end -}}

{{- define "userproxy.healthzBindAddress" -}}
{{- default (ternary "0.0.0.0:10356" "0.0.0.0:10256" (eq .Values.mode "label")) .Values.healthzBindAddress -}}
{{- end -}}

{{/* Not empty when an object of the Prometheus operator is wanted and may be made. Takes a list: root, the value "enabled". */}}
{{- define "userproxy.monitoring" -}}
{{- $enabled := index . 1 | toString -}}
{{- if or (eq $enabled "true") (and (eq $enabled "auto") ((index . 0).Capabilities.APIVersions.Has "monitoring.coreos.com/v1")) -}}yes{{- end -}}
{{- end -}}

{{- define "userproxy.podMonitor" -}}{{- include "userproxy.monitoring" (list . .Values.prometheus.podMonitor.enabled) -}}{{- end -}}
{{- define "userproxy.serviceMonitor" -}}{{- include "userproxy.monitoring" (list . .Values.prometheus.serviceMonitor.enabled) -}}{{- end -}}
{{- define "userproxy.prometheusRule" -}}{{- include "userproxy.monitoring" (list . .Values.prometheus.prometheusRule.enabled) -}}{{- end -}}
{{- define "userproxy.scraped" -}}{{- include "userproxy.podMonitor" . -}}{{- include "userproxy.serviceMonitor" . -}}{{- end -}}

{{- define "userproxy.metricsBindAddress" -}}
{{- $host := ternary "0.0.0.0" "127.0.0.1" (ne (include "userproxy.scraped" .) "") -}}
{{- if kindIs "bool" .Values.metricsBindAddress -}}off{{- else -}}
{{- default (printf "%s:%s" $host (ternary "10349" "10249" (eq .Values.mode "label"))) .Values.metricsBindAddress -}}
{{- end -}}
{{- end -}}

{{/* Of an address as in "0.0.0.0:10256" or "[::]:10256". */}}
{{- define "userproxy.portOf" -}}{{- regexFind "[0-9]+$" . -}}{{- end -}}
{{- define "userproxy.hostOf" -}}{{- regexReplaceAll ":[0-9]+$" . "" | trimPrefix "[" | trimSuffix "]" -}}{{- end -}}

{{/* Where somebody on the node reaches it. Loopback, as a node may have no address of the family that is bound. */}}
{{- define "userproxy.healthHost" -}}
{{- $host := include "userproxy.hostOf" (include "userproxy.healthzBindAddress" .) -}}
{{- if eq $host "0.0.0.0" -}}127.0.0.1{{- else if or (eq $host "::") (eq $host "") -}}::1{{- else -}}{{- $host -}}{{- end -}}
{{- end -}}

{{/* Whole seconds of a duration as Go writes it, rounded up. */}}
{{- define "userproxy.seconds" -}}
{{- $sum := 0.0 -}}
{{- range regexFindAll "[0-9.]+(ns|us|µs|ms|s|m|h)" (toString .) -1 -}}
{{- $unit := regexFind "[a-zµ]+$" . -}}
{{- $factor := get (dict "ns" 0.000000001 "us" 0.000001 "µs" 0.000001 "ms" 0.001 "s" 1.0 "m" 60.0 "h" 3600.0) $unit -}}
{{- $sum = addf $sum (mulf (float64 (trimSuffix $unit .)) $factor) -}}
{{- end -}}
{{- ceil $sum | int -}}
{{- end -}}

{{/* Where the snapshot is; empty for nowhere. */}}
{{- define "userproxy.stateVolume" -}}
{{- if eq .Values.snapshot.volume "emptyDir" -}}
emptyDir: {}
{{- else if eq .Values.snapshot.volume "hostPath" -}}
hostPath:
  path: {{ default (printf "/var/lib/userproxy/%s-%s" .Release.Namespace (include "userproxy.fullname" .)) .Values.snapshot.hostPath }}
  type: DirectoryOrCreate
{{- end -}}
{{- end -}}

{{/* Where the Pods of a node meet. */}}
{{- define "userproxy.handOverVolume" -}}
hostPath:
  path: {{ default (printf "/run/userproxy/%s-%s" .Release.Namespace (include "userproxy.fullname" .)) .Values.handOver.hostPath }}
  type: DirectoryOrCreate
{{- end -}}

{{/* Pods that only clean up must not run beside one that serves. Takes a list: root, whether the Pods only clean up. */}}
{{- define "userproxy.updateStrategy" -}}
{{- $cleanup := index . 1 -}}
{{- with index . 0 -}}
{{- $strategy := deepCopy .Values.updateStrategy -}}
{{- if and .Values.handOver.enabled (eq $strategy.type "RollingUpdate") -}}
{{- $given := default dict $strategy.rollingUpdate -}}
{{- $surge := ternary 1 $given.maxSurge (kindIs "invalid" $given.maxSurge) -}}
{{- if or $cleanup (has (toString $surge) (list "0" "0%")) -}}
{{- $_ := set $strategy "rollingUpdate" (omit $given "maxSurge") -}}
{{- else -}}
{{- $_ := set $strategy "rollingUpdate" (dict "maxSurge" $surge "maxUnavailable" 0) -}}
{{- end -}}
{{- end -}}
{{- toYaml $strategy -}}
{{- end -}}
{{- end -}}

{{/* drainDelay plus drainTimeout. */}}
{{- define "userproxy.drainSeconds" -}}
{{- add (include "userproxy.seconds" (default "0s" .Values.config.drainDelay)) (include "userproxy.seconds" (default "30s" .Values.config.drainTimeout)) -}}
{{- end -}}

{{- define "userproxy.terminationGracePeriodSeconds" -}}
{{- if kindIs "invalid" .Values.terminationGracePeriodSeconds -}}
{{- ternary 45 (add (include "userproxy.drainSeconds" .) 10) (ne .Values.existingConfigMap.name "") -}}
{{- else -}}
{{- int .Values.terminationGracePeriodSeconds -}}
{{- end -}}
{{- end -}}

{{/* Takes a list: root, whether the Pods only clean up: these need nothing that a runtime refuses. */}}
{{- define "userproxy.podSecurityContext" -}}
{{- $cleanup := index . 1 -}}
{{- with index . 0 -}}
{{- $profile := dict "type" "RuntimeDefault" -}}
{{- if not $cleanup -}}
{{- $profile = dict "type" .Values.seccompProfile.type -}}
{{- if eq .Values.seccompProfile.type "Localhost" -}}{{- $_ := set $profile "localhostProfile" .Values.seccompProfile.localhostProfile -}}{{- end -}}
{{- end -}}
{{- $given := deepCopy .Values.podSecurityContext -}}
{{- $own := ternary dict (dict "seccompProfile" $profile) (hasKey $given "seccompProfile") -}}
{{- toYaml (mergeOverwrite $own $given) -}}
{{- end -}}
{{- end -}}

{{/* The seccomp profile that the serving container gets, as YAML: its own context wins over the Pod's. */}}
{{- define "userproxy.seccomp" -}}
{{- $pod := include "userproxy.podSecurityContext" (list . false) | fromYaml -}}
{{- toYaml (default (default dict $pod.seccompProfile) .Values.securityContext.seccompProfile) -}}
{{- end -}}
{{- define "userproxy.seccompType" -}}{{- (include "userproxy.seccomp" . | fromYaml).type -}}{{- end -}}
{{- define "userproxy.localhostProfile" -}}{{- (include "userproxy.seccomp" . | fromYaml).localhostProfile -}}{{- end -}}

{{/* What the values say of the transport: an argument wins over a variable, a variable over the configuration. Empty with a ConfigMap of the user's. */}}
{{- define "userproxy.transport" -}}
{{- $said := ternary "" (default "auto" .Values.config.transport) (ne .Values.existingConfigMap.name "") -}}
{{- range .Values.extraEnv -}}{{- if eq (default "" .name) "USERPROXY_TRANSPORT" -}}{{- $said = default "" .value -}}{{- end -}}{{- end -}}
{{- range .Values.extraArgs -}}{{- if hasPrefix "--transport=" . -}}{{- $said = trimPrefix "--transport=" . -}}{{- end -}}{{- end -}}
{{- $said -}}
{{- end -}}

{{/*
Kubernetes gives capabilities that are added to the processes of user 0 alone: for others they stay in the bounding set. So the full profile is user 0, of
whose powers two are left.
*/}}
{{- define "userproxy.fullSecurityContext" -}}
runAsUser: 0
runAsGroup: 0
runAsNonRoot: false
privileged: false
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
  add: [NET_ADMIN, NET_BIND_SERVICE]
{{- end -}}

{{- define "userproxy.nodePortsSecurityContext" -}}
runAsUser: 1654
runAsGroup: 1654
runAsNonRoot: true
privileged: false
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "userproxy.securityContext" -}}
{{- $own := include (ternary "userproxy.fullSecurityContext" "userproxy.nodePortsSecurityContext" (eq .Values.securityProfile "full")) . | fromYaml -}}
{{- toYaml (mergeOverwrite $own (deepCopy .Values.securityContext)) -}}
{{- end -}}

{{/* Takes a list: root, the value of nodeLabel. */}}
{{- define "userproxy.nodeSelector" -}}
{{- $value := index . 1 -}}
{{- with index . 0 -}}
{{- $own := dict "kubernetes.io/os" "linux" -}}
{{- if eq .Values.mode "node-affinity" -}}{{- $_ := set $own .Values.nodeLabel $value -}}{{- end -}}
{{- toYaml (mergeOverwrite $own (deepCopy .Values.nodeSelector)) -}}
{{- end -}}
{{- end -}}

{{/*
A probe: its timings from the values, the rest from here. While two Pods of a node hand over, either of them may answer a port: then the Pod's own socket is
asked. Takes a list: root, live or ready, timings, whether Pods hand over.
*/}}
{{- define "userproxy.probe" -}}
{{- $root := index . 0 -}}
{{- if index . 3 -}}
{{- toYaml (merge (dict "exec" (dict "command" (list "userproxy" "probe" (index . 1)))) (deepCopy (index . 2))) -}}
{{- else -}}
{{- $get := dict "path" (printf "/%sz" (index . 1)) "host" (include "userproxy.healthHost" $root) "port" (include "userproxy.portOf" (include "userproxy.healthzBindAddress" $root) | int) "scheme" "HTTP" -}}
{{- toYaml (merge (dict "httpGet" $get) (deepCopy (index . 2))) -}}
{{- end -}}
{{- end -}}

{{- define "userproxy.configuration" -}}
apiVersion: userproxy.io/v1alpha1
kind: UserProxyConfiguration
{{- with .Values.config }}
{{ toYaml . }}
{{- end }}
{{- end -}}
