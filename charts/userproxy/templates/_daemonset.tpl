{{/*
The DaemonSet that serves, and the one that takes back what was added to nodes: the same Pod, but for what its containers do. Takes a dict: root, name,
selector (labels as text), nodeSelector (text), cleanup.
*/}}
{{- define "userproxy.daemonset" -}}
{{- $name := .name -}}
{{- $selector := .selector -}}
{{- $nodeSelector := .nodeSelector -}}
{{- $cleanup := .cleanup -}}
{{- with .root -}}
{{- $handsOver := and .Values.handOver.enabled (not $cleanup) -}}
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: {{ $name }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "userproxy.labels" . | nindent 4 }}
  {{- with .Values.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  selector:
    matchLabels:
      {{- $selector | nindent 6 }}
  minReadySeconds: {{ .Values.minReadySeconds }}
  updateStrategy:
    {{- include "userproxy.updateStrategy" (list . $cleanup) | nindent 4 }}
  template:
    metadata:
      labels:
        {{- $selector | nindent 8 }}
        {{- with .Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        kubectl.kubernetes.io/default-container: userproxy
        {{- if not (or $cleanup .Values.existingConfigMap.name) }}
        # The process reads its configuration once: a change of it is a change of the Pods.
        checksum/config: {{ include "userproxy.configuration" . | sha256sum }}
        {{- end }}
        {{- with .Values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- with include "userproxy.imagePullSecrets" . }}
      imagePullSecrets:
        {{- . | nindent 8 }}
      {{- end }}
      serviceAccountName: {{ include "userproxy.serviceAccountName" . }}
      automountServiceAccountToken: {{ not $cleanup }}
      priorityClassName: {{ .Values.priorityClassName | quote }}
      hostNetwork: true
      # The node's resolver: that of the cluster is behind a Service.
      dnsPolicy: Default
      terminationGracePeriodSeconds: {{ include "userproxy.terminationGracePeriodSeconds" . }}
      securityContext:
        {{- include "userproxy.podSecurityContext" (list . $cleanup) | nindent 8 }}
      nodeSelector:
        {{- $nodeSelector | nindent 8 }}
      {{- with .Values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if $cleanup }}
      initContainers:
        - name: cleanup
          image: {{ include "userproxy.image" . | quote }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          args: [cleanup]
          securityContext:
            {{- include "userproxy.fullSecurityContext" . | nindent 12 }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
      {{- else if .Values.extraInitContainers }}
      initContainers:
        {{- tpl (toYaml .Values.extraInitContainers) . | nindent 8 }}
      {{- end }}
      containers:
        - name: userproxy
          image: {{ include "userproxy.image" . | quote }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          # No port is declared: with hostNetwork it would be reserved on the node, and nobody needs it.
          args:
            - run
            {{- if $cleanup }}
            # Of an empty folder: nothing is served, and readiness says that the node is clean.
            - --manifests=/run/userproxy
            - --cluster-ips=off
            {{- else }}
            - --config={{ if .Values.existingConfigMap.name }}{{ .Values.existingConfigMap.mountPath | trimSuffix "/" }}/{{ .Values.existingConfigMap.key }}{{ else }}/etc/userproxy/userproxy.yaml{{ end }}
            - --cluster-ips={{ include "userproxy.clusterIps" . }}
            {{- if eq .Values.mode "label" }}
            - --serve-label={{ .Values.serveLabel }}
            {{- end }}
            {{- end }}
            - --healthz-bind-address={{ include "userproxy.healthzBindAddress" . }}
            - --metrics-bind-address={{ include "userproxy.metricsBindAddress" . }}
            {{- if not (or $cleanup .Values.statusPage) }}
            - --status-page=false
            {{- end }}
            {{- if not $cleanup }}
            {{- if .Values.handOver.enabled }}
            # Beside one that cannot be taken over from it stands by.
            - --takeover=wait
            {{- end }}
            {{- if ne .Values.snapshot.volume "none" }}
            - --state-dir=/var/lib/userproxy
            {{- end }}
            {{- range .Values.extraArgs }}
            - {{ . | quote }}
            {{- end }}
            {{- end }}
          env:
            - name: NODE_NAME
              valueFrom:
                fieldRef:
                  fieldPath: spec.nodeName
            # Also where list, connections and explain ask when they are run in this container.
            - name: USERPROXY_ADMIN_SOCKET
              value: /run/userproxy/admin.sock
            {{- if $handsOver }}
            # The Pod's own: its ports may be answered by the node's other Pod.
            - name: USERPROXY_PROBE_SOCKET
              value: /run/userproxy-pod/probe.sock
            {{- end }}
            {{- if .Values.k8sServiceHost }}
            - name: KUBERNETES_SERVICE_HOST
              value: {{ .Values.k8sServiceHost | quote }}
            - name: KUBERNETES_SERVICE_PORT
              value: {{ .Values.k8sServicePort | int | quote }}
            {{- end }}
            {{- with .Values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          startupProbe:
            {{- include "userproxy.probe" (list . "live" .Values.startupProbe $handsOver) | nindent 12 }}
          livenessProbe:
            {{- include "userproxy.probe" (list . "live" .Values.livenessProbe $handsOver) | nindent 12 }}
          readinessProbe:
            {{- include "userproxy.probe" (list . "ready" .Values.readinessProbe $handsOver) | nindent 12 }}
          securityContext:
            {{- include "userproxy.securityContext" . | nindent 12 }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
          volumeMounts:
            - name: run
              mountPath: /run/userproxy
            {{- if $handsOver }}
            - name: pod
              mountPath: /run/userproxy-pod
            {{- end }}
            {{- if not $cleanup }}
            - name: config
              mountPath: {{ if .Values.existingConfigMap.name }}{{ .Values.existingConfigMap.mountPath }}{{ else }}/etc/userproxy{{ end }}
              readOnly: true
            {{- if ne .Values.snapshot.volume "none" }}
            - name: state
              mountPath: /var/lib/userproxy
            {{- end }}
            {{- end }}
            {{- with .Values.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        # The admin socket{{ if $handsOver }}, and that by which the next Pod takes over, seen by both Pods of a node{{ end }}: the only file that is written{{ if and (not $cleanup) (ne .Values.snapshot.volume "none") }}, but for the snapshot{{ end }}. The lock of the node is an abstract socket and needs none.
        - name: run
          {{- if $handsOver }}
          {{- include "userproxy.handOverVolume" . | nindent 10 }}
        - name: pod
          {{- end }}
          emptyDir:
            medium: Memory
            sizeLimit: 1Mi
        {{- if not $cleanup }}
        - name: config
          configMap:
            name: {{ default (include "userproxy.fullname" .) .Values.existingConfigMap.name }}
        {{- with include "userproxy.stateVolume" . }}
        # What was served last: it outlives the container{{ if eq $.root.Values.snapshot.volume "hostPath" }} and the Pod{{ end }}.
        - name: state
          {{- . | nindent 10 }}
        {{- end }}
        {{- end }}
        {{- with .Values.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end -}}
{{- end -}}
