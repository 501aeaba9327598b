using UserProxy.Chart.Tests.Support;
using UserProxy.FakeApiServer;

namespace UserProxy.Chart.Tests;

/// <summary>Values that cannot work are refused before anything is installed, with a message that names them.</summary>
public class RefusedValuesTests
{
    [Theory]
    // By the schema: where, and what would be allowed.
    [InlineData("mode=everything", "at '/mode': value must be one of 'label', 'node-affinity', 'all'")]
    [InlineData("securityProfile=privileged", "at '/securityProfile': value must be one of 'full', 'node-ports'")]
    [InlineData("config.transport=quic", "at '/config/transport': value must be one of 'auto', 'uring', 'epoll', 'sockets'")]
    [InlineData("seccompProfile.type=None", "at '/seccompProfile/type': value must be one of 'RuntimeDefault', 'Localhost', 'Unconfined'")]
    [InlineData("seccompProfile=Unconfined", "at '/seccompProfile': got string, want object")]
    [InlineData("seccompProfile.localhostProfile=../uring.json", "at '/seccompProfile/localhostProfile': '../uring.json' does not match pattern")]
    [InlineData("snapshot.volume=tmpfs", "at '/snapshot/volume': value must be one of 'none', 'emptyDir', 'hostPath'")]
    [InlineData("snapshot.hostPath=var/lib", "at '/snapshot/hostPath': 'var/lib' does not match pattern")]
    [InlineData("clusterIps=maybe", "at '/clusterIps': value must be one of")]
    [InlineData("config.drainTimeot=5s", "at '/config': additional properties 'drainTimeot' not allowed")]
    [InlineData("config.drainTimeout=5", "at '/config/drainTimeout': got number, want string")]
    [InlineData("config.drainTimeout=5sec", "at '/config/drainTimeout': '5sec' does not match pattern")]
    [InlineData("config.scheduler=fastest", "at '/config/scheduler': value must be one of 'rr', 'wrr'")]
    [InlineData("config.threads=0", "at '/config/threads': minimum: got 0, want 1")]
    [InlineData("config.accessLog=sometimes", "at '/config/accessLog'")]
    [InlineData("config.accessLog=2000000", "at '/config/accessLog'")]
    [InlineData("config.adminSocket=/x", "at '/config': additional properties 'adminSocket' not allowed")]
    [InlineData("config.serveLabel=x", "at '/config': additional properties 'serveLabel' not allowed")]
    [InlineData("config.defaults.idleTimout=5s", "at '/config/defaults': additional properties 'idleTimout' not allowed")]
    [InlineData("config.defaults.maxConnections=0", "at '/config/defaults/maxConnections'")]
    [InlineData("k8sServiceHost=https://192.0.2.10", "at '/k8sServiceHost': 'https://192.0.2.10' does not match pattern")]
    [InlineData("k8sServicePort=https", "at '/k8sServicePort': got string, want integer")]
    [InlineData("healthzBindAddress=off", "at '/healthzBindAddress': 'off' does not match pattern")]
    [InlineData("serveLabel=-x", "at '/serveLabel': '-x' does not match pattern")]
    [InlineData("image.digest=abc", "at '/image/digest': 'abc' does not match pattern")]
    [InlineData("image.registry=https://registry.example.com", "at '/image/registry': 'https://registry.example.com' does not match pattern")]
    [InlineData("global.imageRegistry=a b", "at '/global/imageRegistry': 'a b' does not match pattern")]
    [InlineData("global.imagePullSecrets={}", "at '/global/imagePullSecrets/0'")]
    [InlineData("global.imagePullSecrets[0].secret=x", "at '/global/imagePullSecrets/0': 'oneOf' failed")]
    [InlineData("extraInitContainers[0].name=wait", "at '/extraInitContainers/0': missing property 'image'")]
    [InlineData("extraObjects[0].metadata.name=x", "at '/extraObjects/0'")]
    [InlineData("prometheus.runbookBaseUrl=docs/runbooks", "at '/prometheus/runbookBaseUrl': 'docs/runbooks' does not match pattern")]
    [InlineData("initContainers[0].name=wait", "additional properties 'initContainers' not allowed")]
    [InlineData("image.name=x", "at '/image': additional properties 'name' not allowed")]
    [InlineData("existingConfigMap=kube-proxy", "at '/existingConfigMap': got string, want object")]
    [InlineData("prometheus.podMonitor.enabled=often", "at '/prometheus/podMonitor/enabled': value must be one of true, false, 'auto'")]
    [InlineData("livenessProbe.httpGet.path=/", "at '/livenessProbe': additional properties 'httpGet' not allowed")]
    [InlineData("extraArgs={run}", "at '/extraArgs/0': 'run' does not match pattern")]
    [InlineData("tests.nodePort=70000", "at '/tests/nodePort': maximum")]
    [InlineData("replicas=3", "additional properties 'replicas' not allowed")]
    [InlineData("nameOverride=Upper", "at '/nameOverride': 'Upper' does not match pattern")]
    [InlineData("fullnameOverride=a b", "at '/fullnameOverride': 'a b' does not match pattern")]
    [InlineData("nameOverride=a12345678901234567890123456789012345678901234567890123", "at '/nameOverride': maxLength: got 54, want 53")]
    [InlineData("commonLabels.team=a b", "at '/commonLabels/team': 'a b' does not match pattern")]
    [InlineData("prometheus.dashboards.label=a: b", "at '/prometheus/dashboards/label': 'a: b' does not match pattern")]
    [InlineData("serviceAccount.name=a: b", "at '/serviceAccount/name': 'a: b' does not match pattern")]
    [InlineData("existingConfigMap.mountPath=/etc/a: b", "at '/existingConfigMap/mountPath': '/etc/a: b' does not match pattern")]
    [InlineData("image.tag=a b", "at '/image/tag': 'a b' does not match pattern")]
    [InlineData("config=null", "at '': missing property 'config'")]
    [InlineData("updateStrategy=null", "at '': missing property 'updateStrategy'")]
    [InlineData("prometheus.podMonitor=null", "at '/prometheus': missing property 'podMonitor'")]
    // By the chart: what does not go together, and what to do.
    [InlineData("mode=all", "k8sServiceHost is empty: with mode all the API server must be reached at an address of its own")]
    [InlineData("mode=node-affinity", "k8sServiceHost is empty: with mode node-affinity")]
    [InlineData("securityProfile=node-ports,clusterIps=on", "NET_ADMIN, which securityProfile node-ports does not have")]
    [InlineData("securityProfile=node-ports,config.loadBalancerIps=true", "NET_ADMIN, which securityProfile node-ports does not have")]
    [InlineData("securityProfile=node-ports,config.externalIps={192.0.2.0/24}", "NET_ADMIN, which securityProfile node-ports does not have")]
    [InlineData("snapshot.volume=hostPath,securityProfile=node-ports", "with securityProfile node-ports take emptyDir")]
    [InlineData("handOver.enabled=true,securityProfile=node-ports", "handOver.enabled needs a folder of the node that its user may write in")]
    [InlineData("handOver.enabled=true,config.takeover=try", "config.takeover: with handOver.enabled it is what the chart sets itself")]
    [InlineData("handOver.enabled=true,extraArgs={--takeover=off}", "extraArgs: --takeover is what the chart sets itself")]
    [InlineData("handOver.enabled=true,extraArgs={--probe-socket=/x}", "extraArgs: --probe-socket is what the chart sets itself")]
    [InlineData("handOver.enabled=true,config.drainTimeout=5m,terminationGracePeriodSeconds=300", "terminationGracePeriodSeconds 300 is not above")]
    [InlineData("handOver.enabled=maybe", "at '/handOver/enabled': got string, want boolean")]
    [InlineData("handOver.hostPath=run/x", "at '/handOver/hostPath': 'run/x' does not match pattern")]
    [InlineData("snapshot.volume=emptyDir,extraArgs={--state-dir=/x}", "extraArgs: --state-dir is what the chart sets itself")]
    [InlineData("config.transport=uring", "transport uring needs io_uring, which the seccomp profile RuntimeDefault refuses")]
    [InlineData("extraArgs={--transport=uring}", "transport uring needs io_uring")]
    [InlineData("extraEnv[0].name=USERPROXY_TRANSPORT,extraEnv[0].value=uring", "transport uring needs io_uring")]
    [InlineData("config.transport=uring,seccompProfile.type=Localhost,podSecurityContext.seccompProfile.type=RuntimeDefault", "transport uring needs io_uring")]
    [InlineData("config.transport=uring,seccompProfile.type=Localhost,securityContext.seccompProfile.type=RuntimeDefault", "transport uring needs io_uring")]
    [InlineData("updateStrategy.rollingUpdate.maxSurge=1", "maxSurge is not possible")]
    [InlineData("updateStrategy.rollingUpdate.maxSurge=10%", "maxSurge is not possible")]
    [InlineData("terminationGracePeriodSeconds=5", "terminationGracePeriodSeconds 5 is not above config.drainDelay plus config.drainTimeout, 5 s")]
    [InlineData(
        "terminationGracePeriodSeconds=90,config.drainTimeout=1m30s",
        "terminationGracePeriodSeconds 90 is not above config.drainDelay plus config.drainTimeout, 90 s")]
    [InlineData("prometheus.podMonitor.enabled=true,prometheus.serviceMonitor.enabled=true", "would scrape everything twice")]
    [InlineData("prometheus.podMonitor.enabled=true,metricsBindAddress=127.0.0.1:10349", "metricsBindAddress 127.0.0.1:10349 cannot be scraped")]
    [InlineData("prometheus.podMonitor.enabled=true,metricsBindAddress=off", "metricsBindAddress off cannot be scraped")]
    [InlineData("metricsBindAddress=127.0.0.1:10356", "healthzBindAddress and metricsBindAddress have the same port, 10356")]
    [InlineData("extraArgs={--serve-label=mine}", "extraArgs: --serve-label is what the chart sets itself")]
    [InlineData("healthzBindAddress=0.0.0.0:99999", "healthzBindAddress 0.0.0.0:99999 has no port from 1 to 65535")]
    [InlineData("metricsBindAddress=127.0.0.1:0", "metricsBindAddress 127.0.0.1:0 has no port from 1 to 65535")]
    [InlineData("podLabels.app\\.kubernetes\\.io/name=mine", "podLabels: app.kubernetes.io/name is what the chart sets itself")]
    [InlineData("commonLabels.helm\\.sh/chart=mine", "commonLabels: helm.sh/chart is what the chart sets itself")]
    [InlineData("podAnnotations.checksum/config=mine", "podAnnotations: checksum/config is what the chart sets itself")]
    [InlineData("extraArgs={--drain-timeout=1h}", "extraArgs: --drain-timeout is what the chart sets itself")]
    public async Task Template_ImpossibleValues_SaysWhy(string set, string message)
    {
        var ran = await ChartFolder.TemplateAsync("--set", set);
        ran.ExitCode.ShouldNotBe(0);
        ran.Output.ShouldBe("");
        ran.Error.ShouldContain(message);
        ran.Error.Split('\n').Length.ShouldBeLessThan(12, "a message, no dump");
    }

    /// <summary>An image that nobody publishes would leave Pods that cannot be pulled, and a node whose Services nobody serves.</summary>
    [Theory]
    [InlineData("mode=label")]
    [InlineData("mode=all,k8sServiceHost=192.0.2.10,cleanup=true")]
    [InlineData("image.registry=null,global=null")]
    [InlineData("image.repository=team/userproxy,image.tag=1.0,global.other=x")]
    public async Task Template_WithoutARegistry_IsRefusedInOneLine(string set)
    {
        var ran = await ChartFolder.TemplateAsTypedAsync(ChartFolder.Path, "--set", set);

        ran.ExitCode.ShouldNotBe(0);
        ran.Output.ShouldBe("");
        ran.Error.Split('\n').ShouldContain(
            "image.registry is empty: no image of UserProxy is published. Build one (docs/image.md), push it, and name its registry, for instance: --set "
                + "image.registry=registry.example.com");
    }

    [Theory]
    [InlineData("image.registry=registry.example.com", "registry.example.com/userproxy:0.1.0")]
    [InlineData("image.registry=registry.example.com:5000/team/", "registry.example.com:5000/team/userproxy:0.1.0")]
    [InlineData("global.imageRegistry=mirror.example.com", "mirror.example.com/userproxy:0.1.0")]
    [InlineData("global.imageRegistry=mirror.example.com,image.registry=registry.example.com", "mirror.example.com/userproxy:0.1.0")]
    [InlineData("image.repository=registry.example.com/team/userproxy", "registry.example.com/team/userproxy:0.1.0")]
    [InlineData("image.repository=localhost/userproxy,image.tag=try", "localhost/userproxy:try")]
    [InlineData("image.repository=registry:5000/userproxy", "registry:5000/userproxy:0.1.0")]
    [InlineData("image.pullPolicy=Never", "userproxy:0.1.0")]
    public async Task Template_WithAPlaceForTheImage_HasIt(string set, string image)
    {
        var ran = await ChartFolder.TemplateAsTypedAsync(ChartFolder.Path, "--set", set);

        ran.ExitCode.ShouldBe(0, ran.Error);
        var images =
            from item in YamlToJson.Objects(ran.Output)
            let spec = item["spec"]?["template"]?["spec"] ?? item["spec"]
            where spec?["containers"] is not null
            from container in spec["containers"]!.AsArray()
            select container["image"]!.GetValue<string>();
        images.Distinct().ShouldBe([image]);
    }

    [Theory]
    [InlineData("updateStrategy.rollingUpdate.maxSurge=0")]
    [InlineData("handOver.enabled=true,updateStrategy.rollingUpdate.maxSurge=10%")]
    [InlineData("handOver.enabled=true,updateStrategy.rollingUpdate.maxSurge=0")]
    [InlineData("handOver.enabled=true,updateStrategy.rollingUpdate=null")]
    [InlineData("handOver.enabled=true,updateStrategy.type=OnDelete,updateStrategy.rollingUpdate=null")]
    [InlineData("mode=all,k8sServiceHost=api.example.com")]
    [InlineData("mode=all,existingConfigMap.name=kube-proxy")]
    [InlineData("mode=all,extraArgs={--kubeconfig=/etc/kubeconfig}")]
    [InlineData("mode=all,cleanup=true")]
    [InlineData("clusterIps=off,metricsBindAddress=off")]
    [InlineData("config.accessLog=true")]
    [InlineData("config.transport=uring,seccompProfile.type=Localhost")]
    [InlineData("config.transport=uring,seccompProfile.type=Unconfined")]
    [InlineData("config.transport=uring,podSecurityContext.seccompProfile.type=Unconfined")]
    [InlineData("config.transport=uring,securityContext.seccompProfile.type=Unconfined")]
    [InlineData("config.transport=uring,extraArgs={--transport=epoll}")]
    [InlineData("config.transport=uring,cleanup=true")]
    [InlineData("config.transport=null")]
    [InlineData("global.anything=1")]
    [InlineData("global=null")]
    [InlineData("global.imageRegistry=null,global.imagePullSecrets=null,imagePullSecrets=null")]
    [InlineData("extraInitContainers=null,extraObjects=null,prometheus.runbookBaseUrl=null,prometheus.prometheusRule.enabled=true")]
    [InlineData("podLabels=null,tolerations=null,affinity=null,resources=null,extraArgs=null")]
    [InlineData("prometheus.podMonitor.enabled=true,prometheus.job=a: {{ b }}")]
    public async Task Template_UnusualValues_AreTaken(string set)
    {
        var ran = await ChartFolder.TemplateAsync("--set", set);
        ran.ExitCode.ShouldBe(0, ran.Error);
    }
}
