using System.Diagnostics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using UserProxy.Kubernetes.Manifests;

namespace UserProxy.Kubernetes.Tests.Manifests;

public class ManifestReaderTests
{
    private const int TenMegabytes = 10 << 20;

    private const string Small = """
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: demo, annotations: {"userproxy.io/scheduler": "lc"}}
        spec:
          type: NodePort
          ports:
          - name: http
            port: 80
            nodePort: 30080
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: web-1, labels: &l {kubernetes.io/service-name: web}}
        addressType: IPv4
        ports: [{name: http, port: 8080}]
        endpoints:
        - addresses: ['10.0.0.1']
          conditions: {ready: true}
        """;

    public static TheoryData<string> Garbage =>
    [
        "a", "[", "{", "[]", "- ", "? ", " ", "\n", "\t", "1,", "- 1\n", "---\n", "a: ", "a\n", "# a\n", "%a b\n", "&a ", "*a ", "!a ", "'", "\"", "| \n a\n",
        "\u0001", "\u202e", "👾", "{a: ", "- - ", "\r", "- &a [x]\n- *a\n", "kind: List\n---\n", "{}\n---\n", "[\n",
    ];

    [Theory]
    [MemberData(nameof(Garbage))]
    public void ReadBytes_TenMegabytesOfGarbage_EndsSoonAndInBounds(string unit)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(unit, TenMegabytes / Encoding.UTF8.GetByteCount(unit))));
        var watch = Stopwatch.StartNew();
        long before = GC.GetAllocatedBytesForCurrentThread();

        var content = ManifestReader.ReadBytes("garbage.yaml", bytes);

        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(120));
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1L << 30);
        content.Problems.Count.ShouldBeLessThan(60);
        content.Problems.ShouldAllBe(problem => problem.ToString().Length < 600);
    }

    [Fact]
    public void ReadBytes_RandomBytes_NeverThrows() =>
        Prop.ForAll<byte[]>(bytes => ManifestReader.ReadBytes("random.yaml", bytes).Services.Count == 0).QuickCheckThrowOnFailure();

    [Fact]
    public void ReadBytes_DamagedManifest_NeverThrowsAndSaysWhat()
    {
        foreach (byte[] bytes in Damage.Of(Small, rounds: 20_000))
        {
            var content = ManifestReader.ReadBytes("damaged.yaml", bytes);
            if (!content.Parsed) content.Problems.ShouldNotBeEmpty();
        }
    }

    [Fact]
    public void ReadBytes_OverTheLimit_IsRefused()
    {
        var content = ManifestReader.ReadBytes("big.yaml", new byte[ManifestReader.MaxFileBytes + 1]);
        content.Parsed.ShouldBeFalse();
        content.Problems.ShouldHaveSingleItem().Message.ShouldBe("larger than 16 MiB");
    }

    [Fact]
    public void ReadFile_NoFile_IsAProblemOfTheFile()
    {
        var problem = Objects.ReadManifest("/nonexistent/file.yaml").Problems.ShouldHaveSingleItem();
        problem.ToString().ShouldStartWith("/nonexistent/file.yaml: cannot be read");
    }

    [Fact]
    public void ReadFile_Folder_IsAProblemOfTheFile() => Objects.ReadManifest(Path.GetTempPath()).Parsed.ShouldBeFalse();

    [Fact]
    public void ReadText_Problem_NamesFileLineAndField()
    {
        var content = ManifestReader.ReadText("web.yaml", Small.Replace("port: 80\n", "port: eighty\n", StringComparison.Ordinal));
        content.Services.ShouldBeEmpty();
        content.EndpointSlices.Count.ShouldBe(1);
        content.Broken.ShouldHaveSingleItem().ToString().ShouldBe("Service demo/web");
        content.Problems.ShouldHaveSingleItem().ToString().ShouldBe("web.yaml:8: spec.ports[0].port: must be a whole number, not a string (eighty)");
    }

    /// <summary>As kubectl's strict validation: a slip, and no reason not to serve. What Kubernetes knows and nobody reads here is none.</summary>
    [Fact]
    public void ReadText_UnknownFields_AreWarningsWithTheirLine()
    {
        var content = ManifestReader.ReadText("a.yaml", """
            apiVersion: v1
            kind: Service
            metadata: {name: web, managedFields: [{manager: kubectl}], labls: {a: b}}
            spec:
              selektor: {app: web}
              selector: {app: web}
              trafficDistribution: PreferClose
              ports:
                - {port: 80, targetPort: 8080, targetport: 8080, appProtocol: http}
            status: {conditions: [{type: x}], loadBalancer: {ingress: [{hostname: a.example}]}}
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
            addressType: IPv4
            port: [{port: 8080}]
            endpoints: [{address: [127.0.0.1], addresses: [127.0.0.1], conditions: {redy: true}, targetRef: {kind: Pod, name: a, anything: b}}]
            ---
            apiVersion: v1
            kind: Node
            metadata: {name: node-1}
            spec: {anything: true}

            """);

        const string Unread = "Kubernetes knows no such field here, and it is not read";
        content.Objects.Count.ShouldBe(3);
        content.Problems.ShouldAllBe(problem => problem.IsWarning && !problem.IsFault && problem.Subject != null);
        content.Problems.Select(problem => $"{problem.Line} {problem.Field}{problem.Message.Replace(Unread, "", StringComparison.Ordinal)}")
            .ShouldBe(
            [
                "3 metadata.labls; did you mean labels?",
                "5 spec.selektor; did you mean selector?",
                "9 spec.ports[0].targetport; did you mean targetPort?",
                "16 port; did you mean ports?",
                "17 endpoints[0].address; did you mean addresses?",
                "17 endpoints[0].conditions.redy; did you mean ready?",
            ]);
    }

    /// <summary>An API server refuses it; here it would be missing without a word.</summary>
    [Theory]
    [InlineData("Servce", "v1", "Service")]
    [InlineData("Services", "v1", "Service")]
    [InlineData("servce", "v1", "Service")]
    [InlineData("Serivce", "apps/v1", "Service")]
    [InlineData("EndpointSlices", "discovery.k8s.io/v1", "EndpointSlice")]
    [InlineData("EndpointSlce", "discovery.k8s.oi/v1", "EndpointSlice")]
    [InlineData("Endpoint", "v1", "EndpointSlice")]
    [InlineData("Nodes", "v1", "Node")]
    [InlineData("Lits", "v1", "List")]
    [InlineData("ServiceLst", "v1", "ServiceList")]
    [InlineData("ServicesList", "v1", "ServiceList")]
    public void ReadText_KindNearOneThatIsRead_IsAWarning(string kind, string version, string meant)
    {
        var content = ManifestReader.ReadText("a.yaml", $"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web, namespace: demo}}\n");

        content.Objects.ShouldBeEmpty();
        var problem = content.Problems.ShouldHaveSingleItem();
        problem.ToString().ShouldBe($"a.yaml:2: kind: {kind} is no kind that is read here; did you mean {meant}?");
        problem.IsWarning.ShouldBeTrue();
        problem.Subject?.Kind.ShouldBe(meant);
    }

    /// <summary>Every kind of Kubernetes that is near or looks it, alone and as a list; and kinds of others that have our names.</summary>
    [Theory]
    [InlineData("v1", "Pod Event Secret ServiceAccount Namespace Endpoints Config Status Binding PodTemplate")]
    [InlineData("apps/v1", "Deployment DaemonSet StatefulSet ReplicaSet")]
    [InlineData("batch/v1", "Job CronJob")]
    [InlineData("rbac.authorization.k8s.io/v1", "Role RoleBinding")]
    [InlineData("networking.k8s.io/v1", "Ingress IngressClass ServiceCIDR IPAddress NetworkPolicy")]
    [InlineData("coordination.k8s.io/v1", "Lease")]
    [InlineData("resource.k8s.io/v1", "DeviceClass ResourceSlice")]
    [InlineData("storage.k8s.io/v1", "CSINode")]
    [InlineData("metrics.k8s.io/v1beta1", "NodeMetrics")]
    [InlineData("multicluster.x-k8s.io/v1alpha1", "ServiceExport ServiceImport")]
    [InlineData("serving.knative.dev/v1", "Service")]
    [InlineData("management.cattle.io/v3", "Node")]
    [InlineData("sagemaker.services.k8s.aws/v1alpha1", "Endpoint")]
    public void ReadText_KindThatIsPlainlyAnother_IsANote(string version, string kinds)
    {
        foreach (string kind in kinds.Split(' ').SelectMany(kind => (string[])[kind, $"{kind}List"]))
            ManifestReader.ReadText("a.yaml", $"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web}}\n").Problems.ShouldHaveSingleItem()
                .ToString().ShouldBe($"a.yaml:1: {kind} ({version}) is not read here and left alone");
    }

    [Theory]
    [InlineData("Service", "V1", "must be v1, not \"V1\"")]
    [InlineData("Service", "v2", "must be v1, not \"v2\"")]
    [InlineData("Service", "apps/v1", "must be v1, not \"apps/v1\"")]
    [InlineData("Service", null, "is needed: v1")]
    [InlineData("Node", "v1beta1", "must be v1, not \"v1beta1\"")]
    [InlineData("EndpointSlice", "v1", "must be discovery.k8s.io/v1, not \"v1\"")]
    [InlineData("EndpointSlice", "discovery.k8s.io/v2", "must be discovery.k8s.io/v1, not \"discovery.k8s.io/v2\"")]
    [InlineData("List", "V1", "must be v1, not \"V1\"")]
    [InlineData("EndpointSliceList", "v1", "must be discovery.k8s.io/v1, not \"v1\"")]
    public void ReadText_WrongVersionOfAKindThatIsRead_IsAFault(string kind, string? version, string said)
    {
        string first = version is null ? "" : $"apiVersion: {version}\n";

        var content = ManifestReader.ReadText("a.yaml", $"{first}kind: {kind}\nmetadata: {{name: web, namespace: demo}}\n");

        content.Objects.ShouldBeEmpty();
        var problem = content.Problems.ShouldHaveSingleItem();
        problem.ToString().ShouldBe($"a.yaml:1: apiVersion: {said}");
        problem.IsFault.ShouldBeTrue();
    }

    [Fact]
    public void ReadText_ItemsOfAListUnderAnotherName_AreAWarning()
    {
        ManifestReader.ReadText("a.yaml", "apiVersion: v1\nkind: List\nmetadata: {}\nitms: []\n").Problems.ShouldHaveSingleItem().ToString()
            .ShouldBe("a.yaml:4: itms: Kubernetes knows no such field here, and it is not read; did you mean items?");
        ManifestReader.ReadText("a.yaml", "apiVersion: v1\nkind: List\nitems: null\n").Problems.ShouldBeEmpty();
    }

    /// <summary>It is not for the number of them that a file is refused.</summary>
    [Fact]
    public void ReadText_ManyWarnings_AreCutWithoutAFault()
    {
        var content = ManifestReader.ReadText(
            "a.yaml", string.Concat(Enumerable.Range(0, 60).Select(i => $"---\napiVersion: v1\nkind: Servce\nmetadata: {{name: s{i}}}\n")));

        content.Problems.Count.ShouldBe(51);
        content.Problems.ShouldAllBe(problem => !problem.IsFault);
    }

    /// <summary>To compare it would take the square of its length.</summary>
    [Fact]
    public void ReadText_KindWithoutAnEnd_IsANote() =>
        ManifestReader.ReadText("a.yaml", $"apiVersion: v1\nkind: {new string('S', 1 << 20)}\nmetadata: {{name: web}}\n").Problems.ShouldHaveSingleItem()
            .IsNote.ShouldBeTrue();

    [Fact]
    public void ReadText_TenThousandServices_FitIntoOneFile()
    {
        var text = new StringBuilder();
        for (int i = 0; i < 10_000; i++)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $$$"""
                {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s{{{i}}}", "namespace": "demo"},
                  "spec": {"type": "NodePort", "clusterIP": "10.96.0.1", "ports": [{"name": "http", "port": 80, "nodePort": 30000, "protocol": "TCP"}]}}
                ---
                {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                  "metadata": {"name": "s{{{i}}}-1", "labels": {"kubernetes.io/service-name": "s{{{i}}}"}}, "addressType": "IPv4", "ports": [{"name": "http", "port": 8080}], "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": true}}]}
                ---

                """);
        }

        var content = ManifestReader.ReadText("many.yaml", text.ToString());
        content.Problems.ShouldBeEmpty();
        content.Services.Count.ShouldBe(10_000);
        content.EndpointSlices.Count.ShouldBe(10_000);
    }

    [Fact]
    public void ReadText_ManyMistakes_AreCutWithACount()
    {
        string text = string.Concat(Enumerable.Repeat("kind: Service\napiVersion: v1\nmetadata: 1\n---\n", 500));
        var problems = ManifestReader.ReadText("many.yaml", text).Problems;
        problems.Count.ShouldBe(51);
        problems[^1].Message.ShouldBe("and 450 more problems");
    }
}
