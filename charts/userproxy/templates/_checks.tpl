{{/* What a schema cannot say. Included by the DaemonSet, so that no object is made from values that cannot work. */}}
{{- define "userproxy.checks" -}}
{{- $v := .Values -}}
{{- if not (include "userproxy.imageIsPlaced" .) -}}
{{- fail "\n\nimage.registry is empty: no image of UserProxy is published. Build one (docs/image.md), push it, and name its registry, for instance: --set image.registry=registry.example.com\n" -}}
{{- end -}}
{{- $kubeconfig := or $v.existingConfigMap.name (contains "--kubeconfig" (join " " $v.extraArgs)) -}}
{{- if and (ne $v.mode "label") (not $v.k8sServiceHost) (not $kubeconfig) (not $v.cleanup) -}}
{{- fail (printf "\n\nk8sServiceHost is empty: with mode %s the API server must be reached at an address of its own, not through the ClusterIP that this proxy serves.\nSee `kubectl cluster-info`, and give for instance: --set k8sServiceHost=192.0.2.10 --set k8sServicePort=6443\n" $v.mode) -}}
{{- end -}}
{{- if and (eq $v.securityProfile "node-ports") (eq (include "userproxy.clusterIps" .) "on") -}}
{{- fail "\n\nclusterIps \"on\" needs NET_ADMIN, which securityProfile node-ports does not have: take securityProfile full, or leave clusterIps empty.\n" -}}
{{- end -}}
{{- if and (eq $v.securityProfile "node-ports") (or $v.config.loadBalancerIps $v.config.externalIps) -}}
{{- fail "\n\nconfig.loadBalancerIps and config.externalIps need NET_ADMIN, which securityProfile node-ports does not have: take securityProfile full.\n" -}}
{{- end -}}
{{- if and (eq $v.snapshot.volume "hostPath") (eq $v.securityProfile "node-ports") -}}
{{- fail "\n\nsnapshot.volume hostPath needs a folder that its user may write in, and the one that the kubelet makes is root's: with securityProfile node-ports take emptyDir.\n" -}}
{{- end -}}
{{- if and $v.handOver.enabled (eq $v.securityProfile "node-ports") -}}
{{- fail "\n\nhandOver.enabled needs a folder of the node that its user may write in, and the one that the kubelet makes is root's: take securityProfile full, or leave it off.\n" -}}
{{- end -}}
{{- if and $v.handOver.enabled $v.config.takeover -}}
{{- fail "\n\nconfig.takeover: with handOver.enabled it is what the chart sets itself.\n" -}}
{{- end -}}
{{- $seccomp := include "userproxy.seccompType" . -}}
{{- if and (eq (include "userproxy.transport" .) "uring") (eq $seccomp "RuntimeDefault") (not $v.cleanup) -}}
{{- fail "\n\ntransport uring needs io_uring, which the seccomp profile RuntimeDefault refuses: the process would end at its start.\nTake seccompProfile.type Localhost or Unconfined (the chart's README says what each asks of the nodes), or transport auto, which does without.\n" -}}
{{- end -}}
{{- with $v.updateStrategy.rollingUpdate -}}
{{- if and .maxSurge (not (has (toString .maxSurge) (list "0" "0%"))) (not $v.handOver.enabled) -}}
{{- fail "\n\nupdateStrategy.rollingUpdate.maxSurge is not possible: the next Pod could not have the ports of the one that is still there, would never be ready, and the update would not go on.\nWith handOver.enabled it takes them over.\n" -}}
{{- end -}}
{{- end -}}
{{- if and (not (kindIs "invalid" $v.terminationGracePeriodSeconds)) (not $v.existingConfigMap.name) (le (int $v.terminationGracePeriodSeconds) (int (include "userproxy.drainSeconds" .))) -}}
{{- fail (printf "\n\nterminationGracePeriodSeconds %d is not above config.drainDelay plus config.drainTimeout, %s s: connections would be cut in the middle of the drain.\n" (int $v.terminationGracePeriodSeconds) (include "userproxy.drainSeconds" .)) -}}
{{- end -}}
{{- if and (include "userproxy.podMonitor" .) (include "userproxy.serviceMonitor" .) -}}
{{- fail "\n\nprometheus.podMonitor and prometheus.serviceMonitor would scrape everything twice: enable one of them.\n" -}}
{{- end -}}
{{- $metrics := include "userproxy.metricsBindAddress" . -}}
{{- if and (include "userproxy.scraped" .) (or (eq $metrics "off") (hasPrefix "127." $metrics) (hasPrefix "[::1]" $metrics)) -}}
{{- fail (printf "\n\nmetricsBindAddress %s cannot be scraped from another host: leave it empty, or give an address that Prometheus reaches.\n" $metrics) -}}
{{- end -}}
{{- if eq (include "userproxy.portOf" $metrics) (include "userproxy.portOf" (include "userproxy.healthzBindAddress" .)) -}}
{{- fail (printf "\n\nhealthzBindAddress and metricsBindAddress have the same port, %s.\n" (include "userproxy.portOf" $metrics)) -}}
{{- end -}}
{{- range $name, $address := dict "healthzBindAddress" (include "userproxy.healthzBindAddress" .) "metricsBindAddress" $metrics -}}
{{- $port := include "userproxy.portOf" $address | int -}}
{{- if and (ne $address "off") (or (lt $port 1) (gt $port 65535)) -}}
{{- fail (printf "\n\n%s %s has no port from 1 to 65535.\n" $name $address) -}}
{{- end -}}
{{- end -}}
{{- $own := list "app.kubernetes.io/name" "app.kubernetes.io/instance" -}}
{{- $taken := dict "podLabels" $own "commonLabels" (concat $own (list "helm.sh/chart" "app.kubernetes.io/version" "app.kubernetes.io/component" "app.kubernetes.io/part-of" "app.kubernetes.io/managed-by")) "podAnnotations" (list "kubectl.kubernetes.io/default-container" "checksum/config") -}}
{{- range $name, $keys := $taken -}}
{{- range $key := $keys -}}
{{- if hasKey (default dict (get $v $name)) $key -}}
{{- fail (printf "\n\n%s: %s is what the chart sets itself.\n" $name $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $argument := $v.extraArgs -}}
{{- $flag := regexReplaceAll "=.*$" $argument "" -}}
{{- if or (has $flag (list "--config" "--cluster-ips" "--healthz-bind-address" "--metrics-bind-address" "--status-page" "--serve-label" "--admin-socket" "--manifests" "--drain-timeout" "--drain-delay")) (and (eq $flag "--state-dir") (ne $v.snapshot.volume "none")) (and (has $flag (list "--takeover" "--probe-socket")) $v.handOver.enabled) -}}
{{- fail (printf "\n\nextraArgs: %s is what the chart sets itself; use the value of that name, or config.\n" $flag) -}}
{{- end -}}
{{- end -}}
{{- end -}}
