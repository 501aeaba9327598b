namespace UserProxy.App.Tests.Migrate;

/// <summary>
/// Configurations of kube-proxy as they are in the field: each has the fields, the values and the spellings of the project that it is named for, written down
/// anew. Placeholders of templates have the values that they get by default.
/// </summary>
internal static class KubeProxyFiles
{
    private const string Header = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";

    // Times of kubeadm's dump are all zero, and pointers null: kube-proxy fills them in.
    private const string Kubeadm = Header + """
        bindAddress: 0.0.0.0
        bindAddressHardFail: false
        clientConnection: {acceptContentTypes: "", burst: 0, contentType: "", kubeconfig: /var/lib/kube-proxy/kubeconfig.conf, qps: 0}
        clusterCIDR: 10.244.0.0/16
        configSyncPeriod: 0s
        conntrack:
          maxPerCore: null
          min: null
          tcpBeLiberal: false
          tcpCloseWaitTimeout: null
          tcpEstablishedTimeout: null
          udpStreamTimeout: 0s
          udpTimeout: 0s
        detectLocal: {bridgeInterface: "", interfaceNamePrefix: ""}
        detectLocalMode: ""
        enableProfiling: false
        healthzBindAddress: ""
        hostnameOverride: ""
        iptables: {localhostNodePorts: null, masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s}
        ipvs:
          excludeCIDRs: null
          minSyncPeriod: 0s
          scheduler: ""
          strictARP: false
          syncPeriod: 0s
          tcpFinTimeout: 0s
          tcpTimeout: 0s
          udpTimeout: 0s
        logging: {flushFrequency: 0, options: {json: {infoBufferSize: "0"}, text: {infoBufferSize: "0"}}, verbosity: 0}
        metricsBindAddress: ""
        mode: ""
        nftables: {masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s}
        nodePortAddresses: null
        oomScoreAdj: null
        portRange: ""
        showHiddenMetricsForVersion: ""
        winkernel: {enableDSR: false, forwardHealthCheckVip: false, networkName: "", rootHnsEndpointName: "", sourceVip: ""}

        """;

    /// <summary>What kube-proxy itself takes when nothing is said, as its round-trip test has it.</summary>
    private const string Defaults = Header + """
        bindAddress: 0.0.0.0
        bindAddressHardFail: false
        clientConnection: {acceptContentTypes: "", burst: 10, contentType: application/vnd.kubernetes.protobuf, kubeconfig: "", qps: 5}
        clusterCIDR: ""
        configSyncPeriod: 15m0s
        conntrack: {maxPerCore: 32768, min: 131072, tcpCloseWaitTimeout: 1h0m0s, tcpEstablishedTimeout: 24h0m0s}
        detectLocal: {bridgeInterface: "", interfaceNamePrefix: ""}
        detectLocalMode: ""
        enableProfiling: false
        healthzBindAddress: 0.0.0.0:10256
        hostnameOverride: ""
        iptables: {localhostNodePorts: true, masqueradeAll: false, masqueradeBit: 14, minSyncPeriod: 1s, syncPeriod: 30s}
        ipvs: {excludeCIDRs: null, minSyncPeriod: 0s, scheduler: "", strictARP: false, syncPeriod: 30s, tcpFinTimeout: 0s, tcpTimeout: 0s, udpTimeout: 0s}
        metricsBindAddress: 127.0.0.1:10249
        mode: ""
        nodePortAddresses: null
        oomScoreAdj: -999
        portRange: ""
        showHiddenMetricsForVersion: ""

        """;

    /// <summary>kubespray, in ipvs mode: booleans as Jinja writes them.</summary>
    private const string Kubespray = Header + """
        bindAddress: "0.0.0.0"
        clientConnection:
          acceptContentTypes:
          burst: 10
          contentType: application/vnd.kubernetes.protobuf
          kubeconfig:
          qps: 5
        clusterCIDR: "10.233.64.0/18"
        configSyncPeriod: 15m0s
        conntrack: {maxPerCore: 32768, min: 131072, tcpCloseWaitTimeout: 1h0m0s, tcpEstablishedTimeout: 24h0m0s}
        enableProfiling: False
        healthzBindAddress: "0.0.0.0:10256"
        hostnameOverride: "node1"
        iptables: {masqueradeAll: False, masqueradeBit: 14, minSyncPeriod: 0s, syncPeriod: 30s}
        ipvs:
          excludeCIDRs: []
          minSyncPeriod: 0s
          scheduler: rr
          syncPeriod: 30s
          strictARP: True
          tcpTimeout: 0s
          tcpFinTimeout: 0s
          udpTimeout: 0s
        metricsBindAddress: "127.0.0.1:10249"
        mode: ipvs
        nodePortAddresses: []
        oomScoreAdj: -999
        portRange:

        """;

    /// <summary>kind, rootless: limits of the node are left alone. kubeadm is given a name of the object, too.</summary>
    private const string Kind = Header + """
        metadata:
          name: config
        mode: "iptables"
        iptables:
          minSyncPeriod: 1s
        conntrack:
          maxPerCore: 0
          tcpEstablishedTimeout: 0s
          tcpCloseWaitTimeout: 0s

        """;

    private const string Eks = Header + """
        bindAddress: 0.0.0.0
        clientConnection: {acceptContentTypes: "", burst: 10, contentType: application/vnd.kubernetes.protobuf, kubeconfig: /var/lib/kube-proxy/kubeconfig, qps: 5}
        clusterCIDR: ""
        configSyncPeriod: 15m0s
        conntrack: {maxPerCore: 32768, min: 131072, tcpCloseWaitTimeout: 1h0m0s, tcpEstablishedTimeout: 24h0m0s}
        enableProfiling: false
        healthzBindAddress: 0.0.0.0:10256
        hostnameOverride: ""
        iptables: {masqueradeAll: false, masqueradeBit: 14, minSyncPeriod: 0s, syncPeriod: 30s}
        ipvs: {excludeCIDRs: null, minSyncPeriod: 0s, scheduler: "", syncPeriod: 30s}
        metricsBindAddress: 0.0.0.0:10249
        mode: "iptables"
        nodePortAddresses: null
        oomScoreAdj: -998
        portRange: ""

        """;

    /// <summary>From guides for a cluster by hand: fields that kube-proxy never had, or has no more.</summary>
    private const string ByHand = Header + """
        bindAddress: 0.0.0.0
        clientConnection: {acceptContentTypes: "", burst: 10, contentType: application/vnd.kubernetes.protobuf, kubeconfig: /etc/kubernetes/kube-proxy.kubeconfig, qps: 5}
        clusterCIDR: 172.16.0.0/12
        configSyncPeriod: 15m0s
        conntrack: {max: null, maxPerCore: 32768, min: 131072, tcpCloseWaitTimeout: 1h0m0s, tcpEstablishedTimeout: 24h0m0s}
        enableProfiling: false
        healthzBindAddress: 0.0.0.0:10256
        hostnameOverride: ""
        iptables: {masqueradeAll: false, masqueradeBit: 14, minSyncPeriod: 0s, syncPeriod: 30s}
        ipvs: {masqueradeAll: true, minSyncPeriod: 5s, scheduler: "rr", syncPeriod: 30s}
        metricsBindAddress: 127.0.0.1:10249
        mode: "ipvs"
        nodePortAddresses: null
        oomScoreAdj: -999
        portRange: ""
        udpIdleTimeout: 250ms

        """;

    /// <summary>Name, text, what is written in short, and how many fields are left to a person.</summary>
    public static readonly (string Name, string Text, string Written, int Undecided)[] All =
    [
        ("kubeadm", Kubeadm, "kubeconfig=/var/lib/kube-proxy/kubeconfig.conf clusterCidr=10.244.0.0/16 idleTimeout=24h halfCloseTimeout=1h", 0),
        ("kube-proxy's defaults", Defaults,
            "healthzBindAddress=0.0.0.0:10256 metricsBindAddress=127.0.0.1:10249 minSyncPeriod=1s idleTimeout=24h halfCloseTimeout=1h", 0),
        ("kubespray", Kubespray,
            "nodeName=node1 clusterCidr=10.233.64.0/18 healthzBindAddress=0.0.0.0:10256 metricsBindAddress=127.0.0.1:10249 scheduler=rr idleTimeout=24h "
                + "halfCloseTimeout=1h", 0),
        ("kind", Kind, "minSyncPeriod=1s idleTimeout=24h halfCloseTimeout=1h", 0),
        ("EKS", Eks,
            "kubeconfig=/var/lib/kube-proxy/kubeconfig healthzBindAddress=0.0.0.0:10256 metricsBindAddress=0.0.0.0:10249 idleTimeout=24h halfCloseTimeout=1h",
            0),
        ("by hand", ByHand,
            "kubeconfig=/etc/kubernetes/kube-proxy.kubeconfig clusterCidr=172.16.0.0/12 healthzBindAddress=0.0.0.0:10256 metricsBindAddress=127.0.0.1:10249 "
                + "minSyncPeriod=5s scheduler=rr idleTimeout=24h halfCloseTimeout=1h", 0),
        ("the hard way", Header + "clientConnection: {kubeconfig: /var/lib/kube-proxy/kubeconfig}\nmode: iptables\nclusterCIDR: 10.200.0.0/16\n",
            "kubeconfig=/var/lib/kube-proxy/kubeconfig clusterCidr=10.200.0.0/16 idleTimeout=24h halfCloseTimeout=1h", 0),
        ("kubeasz", Header + """
            bindAddress: 192.0.2.11
            clientConnection: {kubeconfig: /etc/kubernetes/kube-proxy.kubeconfig}
            clusterCIDR: "172.20.0.0/16"
            conntrack: {maxPerCore: 32768, min: 131072, tcpCloseWaitTimeout: 1h0m0s, tcpEstablishedTimeout: 24h0m0s}
            healthzBindAddress: 192.0.2.11:10256
            hostnameOverride: "192.0.2.11"
            metricsBindAddress: 192.0.2.11:10249
            mode: "ipvs"

            """,
            "kubeconfig=/etc/kubernetes/kube-proxy.kubeconfig nodeName=192.0.2.11 clusterCidr=172.20.0.0/16 healthzBindAddress=192.0.2.11:10256 "
                + "metricsBindAddress=192.0.2.11:10249 idleTimeout=24h halfCloseTimeout=1h", 0),
        ("Gardener", Header + """
            clientConnection: {kubeconfig: /var/lib/kube-proxy-kubeconfig/kubeconfig}
            clusterCIDR: 100.96.0.0/11,2001:db8:1::/56
            conntrack: {maxPerCore: 524288}
            featureGates: {SomeGate: true}
            metricsBindAddress: 0.0.0.0:10249
            mode: iptables

            """,
            "kubeconfig=/var/lib/kube-proxy-kubeconfig/kubeconfig clusterCidr=100.96.0.0/11+2001:db8:1::/56 metricsBindAddress=0.0.0.0:10249 idleTimeout=24h "
                + "halfCloseTimeout=1h", 0),
        ("hack/local-up-cluster", Header + """
            clientConnection: {kubeconfig: /var/run/kubernetes/kube-proxy.kubeconfig}
            hostnameOverride: 127.0.0.1
            mode: nftables
            conntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}

            """,
            "kubeconfig=/var/run/kubernetes/kube-proxy.kubeconfig nodeName=127.0.0.1 nodePortAddresses=primary idleTimeout=24h halfCloseTimeout=1h", 0),
        ("MetalLB's page", Header + "mode: \"ipvs\"\nipvs:\n  strictARP: true\n", "idleTimeout=24h halfCloseTimeout=1h", 0),
        ("everything that is asked", Header + """
            bindAddress: "::"
            bindAddressHardFail: true
            iptables: {localhostNodePorts: false, snatNodeInternalIP: true}
            ipvs: {scheduler: lblc}
            fieldOfTheFuture: 7
            logging: {format: json, verbosity: 4}
            nodePortAddresses: [10.0.0.0/8, localhost]
            conntrack: {tcpEstablishedTimeout: 8760h, tcpCloseWaitTimeout: 1m30s, udpStreamTimeout: 90s}
            udpIdleTimeout: 5s

            """,
            "nodePortAddresses=10.0.0.0/8+localhost healthzBindAddress=[::]:10256 metricsBindAddress=[::1]:10249 bindAddressHardFail=true logFormat=json "
                + "idleTimeout=480h halfCloseTimeout=1m30s udpIdleTimeout=1m30s", 3),
        ("ipvs with times of its own", Header + """
            mode: ipvs
            ipvs: {scheduler: lblc, minSyncPeriod: 2s, tcpTimeout: 15m, tcpFinTimeout: 2m, udpTimeout: 5m}
            conntrack: {tcpEstablishedTimeout: 2h, tcpCloseWaitTimeout: 3m, udpStreamTimeout: 90s}
            healthzBindAddress: "0"
            metricsBindAddress: ""

            """,
            "healthzBindAddress=off minSyncPeriod=2s idleTimeout=15m halfCloseTimeout=2m udpIdleTimeout=5m", 1),
        ("Windows", Header + "mode: kernelspace\nwinkernel: {enableDSR: true, networkName: flannel.4096, sourceVip: 10.244.3.2}\n",
            "idleTimeout=24h halfCloseTimeout=1h", 1),
    ];
}
