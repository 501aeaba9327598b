using UserProxy.App.CommandLine;

namespace UserProxy.App.Tests.Check;

/// <summary>What files show before anybody serves them, and what is not theirs to be judged by.</summary>
public sealed class CheckBeforeServingTests
{
    private const string Unnamed = "port 443 has no name: with several ports Kubernetes wants one of each, and does not take this Service";

    [Theory]
    [InlineData("127.0.0.1", 30001, true)]
    [InlineData("192.0.2.7", 30001, true)]
    [InlineData("192.0.2.8", 30001, false)]
    [InlineData("127.0.0.1", 30002, false)]
    public async Task EndpointIsANodePortOfTheFiles_IsAWarning(string address, int port, bool isLoop)
    {
        using var folder = new TempFolder();
        folder.Write("node.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: n}\nstatus: {addresses: [{type: InternalIP, address: 192.0.2.7}]}\n");
        string file = folder.Write("a.yaml", Manifests.Service("a", 30001, port).Replace("127.0.0.1", address, StringComparison.Ordinal));
        var cli = new Cli();

        (await cli.RunAsync("check", folder.Path)).ShouldBe(isLoop ? ExitCode.Failed : ExitCode.Done, cli.Out.ToString());

        string says = $"{file}:23: warning: Service default/a: endpoint {address}:{port} is nodePort 30001 of default/a: unless another program has that "
            + "address, it is the proxy itself, which it does not dial";
        if (isLoop) cli.Out.ToString().ShouldContain(says);
        else cli.Out.ToString().ShouldNotContain("the proxy itself");
    }

    [Fact]
    public async Task EndpointAtAnAddressWithoutNodePorts_IsNoWarning()
    {
        using var folder = new TempFolder();
        string manifest = folder.Write("a.yaml", Manifests.Service("a", 30001, 30001));
        string config = folder.Write(
            "config",
            $"apiVersion: userproxy.io/v1alpha1\nkind: UserProxyConfiguration\nnodePortAddresses: [192.0.2.0/24]\nmanifests: [{manifest}]\n");
        var cli = new Cli();

        await cli.RunAsync("check", config);

        cli.Out.ToString().ShouldNotContain("the proxy itself");
    }

    [Theory]
    [InlineData("{name: http, port: 80}, {port: 443}", true)]
    [InlineData("{name: http, port: 80}, {name: https, port: 443}", false)]
    [InlineData("{port: 443}", false)]
    public async Task OnePortOfSeveralWithoutAName_IsAWarning(string ports, bool isTold)
    {
        using var folder = new TempFolder();
        string file = folder.Write(
            "a.yaml", $$"""
            apiVersion: v1
            kind: Service
            metadata: {name: a}
            spec: {clusterIP: 10.96.0.7, ports: [{{ports}}]}
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: a-1, labels: { kubernetes.io/service-name: a } }
            addressType: IPv4
            ports: [{port: 9001}, {name: http, port: 9002}, {name: https, port: 9003}]
            endpoints: [{addresses: [192.0.2.1]}]

            """);
        var cli = new Cli();

        (await cli.RunAsync("check", file)).ShouldBe(isTold ? ExitCode.Failed : ExitCode.Done, cli.Out.ToString());

        if (isTold) cli.Out.ToString().ShouldContain($"warning: Service default/a: {Unnamed}");
        else cli.Out.ToString().ShouldNotContain("has no name");
    }

    /// <summary>Another proxy knows where its endpoints are.</summary>
    [Theory]
    [InlineData(null, ExitCode.Done, "left to another proxy")]
    [InlineData("cilium", ExitCode.Failed, "no EndpointSlice in namespace default")]
    [InlineData("other", ExitCode.Done, "left to another proxy")]
    public async Task ServiceOfAnotherProxy_IsANote(string? serveLabel, int code, string says)
    {
        using var folder = new TempFolder();
        folder.Write(
            "a.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: {service.kubernetes.io/service-proxy-name: cilium}}\n"
                + "spec: {clusterIP: 10.96.0.7, ports: [{port: 80}]}\n");
        string[] config = serveLabel is null
            ? []
            : [folder.Write("config", $"apiVersion: userproxy.io/v1alpha1\nkind: UserProxyConfiguration\nserveLabel: {serveLabel}\n")];
        var cli = new Cli();

        (await cli.RunAsync(["check", Path.Combine(folder.Path, "a.yaml"), .. config])).ShouldBe(code, cli.Out.ToString());

        cli.Out.ToString().ShouldContain(says);
    }

    [Fact]
    public async Task MisspeltVariable_IsANote()
    {
        using var folder = new TempFolder();
        var cli = new Cli().With("USERPROXY_SHEDULER", "lc");

        (await cli.RunAsync("check", folder.Write("a.yaml", Manifests.Service("a", 30001)))).ShouldBe(ExitCode.Done);

        cli.Out.ToString().ShouldStartWith(
            "environment: note: USERPROXY_SHEDULER: no setting has this variable, and it is not read; did you mean USERPROXY_SCHEDULER?");
    }
}
