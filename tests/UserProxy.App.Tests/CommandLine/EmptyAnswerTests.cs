using System.Text.Json;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.CommandLine;

/// <summary>What is said where there is nothing to show: an empty screen is taken for a hang, and an empty list for an answer.</summary>
public sealed class EmptyAnswerTests
{
    private static readonly string Services = JsonSerializer.Serialize(
        Samples.Services with { LeftOut = [new("headless", "db", "it is headless (clusterIP: None)")] }, AdminJson.Default.ServiceList);

    private static readonly string NoConnections = JsonSerializer.Serialize(Samples.Connections with { Connections = [] }, AdminJson.Default.ConnectionList);

    [Theory]
    [InlineData("list -n shp", "no Service in namespace shp; did you mean shop?")]
    [InlineData("list -n shp -o wide", "no Service in namespace shp; did you mean shop?")]
    [InlineData("list -n shp -o json", "no Service in namespace shp; did you mean shop?")]
    [InlineData("list -n shp -o yaml", "no Service in namespace shp; did you mean shop?")]
    [InlineData("list -n shp -o ipvs", "no Service in namespace shp; did you mean shop?")]
    [InlineData("list -n shp --stats", "no Service in namespace shp; did you mean shop?")]
    [InlineData("list -n elsewhere", "no Service in namespace elsewhere; there are default, shop, the-department-of-lost-connections, yes")]
    [InlineData("list -n headless", "nothing in namespace headless is served on this node: headless/db, for one, as it is headless (clusterIP: None)")]
    [InlineData("connections -n shp", "no Service in namespace shp; did you mean shop?\nno connections")]
    [InlineData("connections", "no connections")]
    public async Task Namespace_ThatHasNone_IsSaid_AndIsNoFault(string line, string says)
    {
        using var admin = new FakeAdminSocket(Answer);
        var cli = new Cli();

        (await cli.RunAsync([.. line.Split(' '), "--admin-socket", admin.Path])).ShouldBe(ExitCode.Done);

        cli.Error.ToString().TrimEnd().ShouldBe(says);
    }

    [Theory]
    [InlineData("list -n default web", "default/web is not served on this node; did you mean shop/web?")]
    [InlineData("list -n shop wbe", "shop/wbe is not served on this node; did you mean web?")]
    [InlineData("list svc/wbe -n shop", "shop/wbe is not served on this node; did you mean web?")]
    [InlineData("list 31234", "no Service on this node has port 31234; userproxy inspect 31234 says who has")]
    [InlineData("list 31234 -n shop", "no Service in namespace shop has port 31234; userproxy inspect 31234 says who has")]
    [InlineData("connections 31234", "no Service on this node has port 31234; userproxy inspect 31234 says who has")]
    [InlineData("explain 31234", "no Service on this node has port 31234; userproxy inspect 31234 says who has")]
    [InlineData("list services", "services is not served on this node; userproxy list, without a name, shows every Service")]
    [InlineData("explain svc wbe", "wbe is not served on this node; did you mean web?")]
    public async Task Name_InAnotherNamespace_IsNamedWithIt(string line, string says)
    {
        using var admin = new FakeAdminSocket(Answer);
        var cli = new Cli();

        (await cli.RunAsync([.. line.Split(' '), "--admin-socket", admin.Path])).ShouldBe(ExitCode.Failed);

        cli.Error.ToString().TrimEnd().ShouldBe(says);
    }

    [Theory]
    [InlineData("explain svc/web6", "shop/web6")]
    [InlineData("explain service/web6 -n shop", "shop/web6")]
    [InlineData("explain svc web6", "shop/web6")]
    [InlineData("explain -n shop services web6", "shop/web6")]
    [InlineData("-n shop explain svc/web6", "shop/web6")]
    [InlineData("-n shop explain web6 --from 192.0.2.1", "shop/web6")]
    [InlineData("--namespace=shop -o json explain service web6", "shop/web6")]
    [InlineData("explain 30082", "shop/fresh:http")]
    public async Task Explain_AsKubectlNamesIt_OrByItsPort(string line, string asked)
    {
        string explained = "";
        using var admin = new FakeAdminSocket(resource =>
        {
            if (!resource.StartsWith("/v1/explain", StringComparison.Ordinal)) return Answer(resource);
            explained = resource;
            return FakeAdminSocket.Whole(JsonSerializer.Serialize(Samples.Explanation, AdminJson.Default.Explanation));
        });

        await new Cli().RunAsync([.. line.Split(' '), "--admin-socket", admin.Path]);

        explained.ShouldContain($"service={Uri.EscapeDataString(asked)}&");
    }

    [Fact]
    public async Task Explain_PortOfSeveral_SaysWhich()
    {
        using var admin = new FakeAdminSocket(Answer);
        var cli = new Cli();

        (await cli.RunAsync("explain", "443", "--admin-socket", admin.Path)).ShouldBe(ExitCode.BadUsage);

        cli.Error.ToString().TrimEnd().ShouldBe("port 443 is of default/kubernetes:https, shop/web6:443: say which");
    }

    /// <summary>As in manifests, where no ClusterIP has the port of the Service.</summary>
    [Theory]
    [InlineData("explain 53", "no address on this node has port 53; Service kube/dns has it, at NodePort 30053: userproxy explain kube/dns:53")]
    [InlineData("list 53", "no address on this node has port 53; Service kube/dns has it, at NodePort 30053: userproxy explain kube/dns:53")]
    [InlineData("list 53 -n kube", "no address in namespace kube has port 53; Service kube/dns has it, at NodePort 30053: userproxy explain kube/dns:53")]
    [InlineData("list 53 -n shop", "no Service in namespace shop has port 53; userproxy inspect 53 says who has")]
    [InlineData(
        "explain 80",
        "no address on this node has port 80; Service kube/web has it, without an address here, and so do 2 other Services: userproxy explain kube/web:80")]
    public async Task Number_ThatIsThePortOfAService_IsNamedWithItsAddresses(string line, string says)
    {
        var dns = Samples.NotServed with
        {
            Namespace = "kube",
            Name = "dns",
            PortNumber = 53,
            NotServed = [],
            Listeners = [new("NodePort", "0.0.0.0", 30053, "Listening", null, null, null)],
        };
        var web = dns with { Name = "web", PortNumber = 80, Listeners = [] };
        using var admin = new FakeAdminSocket(_ => FakeAdminSocket.Whole(JsonSerializer.Serialize(
            Samples.Services with { Services = [dns, dns with { Protocol = "TCP" }, web, web with { Name = "api" }, web with { Name = "shop" }] },
            AdminJson.Default.ServiceList)));
        var cli = new Cli();

        (await cli.RunAsync([.. line.Split(' '), "--admin-socket", admin.Path])).ShouldBe(ExitCode.Failed);

        cli.Error.ToString().TrimEnd().ShouldBe(says);
    }

    /// <summary>TCP and UDP of one Service, as of DNS, on one number.</summary>
    [Fact]
    public async Task Explain_PortOfOneServiceTwice_IsTheServiceAsAWhole()
    {
        var tcp = Samples.NotServed;
        string explained = "";
        using var admin = new FakeAdminSocket(resource =>
        {
            if (resource.StartsWith("/v1/explain", StringComparison.Ordinal))
            {
                explained = resource;
                return FakeAdminSocket.Whole(JsonSerializer.Serialize(Samples.Explanation, AdminJson.Default.Explanation));
            }

            return FakeAdminSocket.Whole(JsonSerializer.Serialize(
                Samples.Services with { Services = [tcp, tcp with { Port = "dns-tcp", Protocol = "TCP" }] }, AdminJson.Default.ServiceList));
        });

        await new Cli().RunAsync("explain", "80", "--admin-socket", admin.Path);

        explained.ShouldContain($"service={Uri.EscapeDataString("yes/empty")}&");
    }

    [Fact]
    public async Task Explain_PortOfMany_CountsTheRest()
    {
        var many = Enumerable.Range(1, 7).Select(number => Samples.NotServed with { Name = $"s{number}" });
        using var admin = new FakeAdminSocket(_ => FakeAdminSocket.Whole(
            JsonSerializer.Serialize(Samples.Services with { Services = [.. many] }, AdminJson.Default.ServiceList)));
        var cli = new Cli();

        (await cli.RunAsync("explain", "80", "--admin-socket", admin.Path)).ShouldBe(ExitCode.BadUsage);

        cli.Error.ToString().TrimEnd().ShouldBe("port 80 is of yes/s1:80, yes/s2:80, yes/s3:80, yes/s4:80, yes/s5:80 and 2 more: say which");
    }

    /// <summary>As of list beside it.</summary>
    [Fact]
    public async Task Connections_OnANarrowTerminal_SaysItInLinesThatFit()
    {
        using var admin = new FakeAdminSocket(Answer);
        var cli = new Cli();
        var surroundings = cli.Surroundings with { OutIsTerminal = true, ErrorIsTerminal = true, OutWidth = () => 40 };

        await CommandTree.InvokeAsync(
            ["connections", "-n", "elsewhere", "--admin-socket", admin.Path], surroundings, TestContext.Current.CancellationToken);

        cli.Error.ToString().TrimEnd().Split('\n').ShouldAllBe(line => line.Length <= 40);
    }

    /// <summary>Drawn over what was there: on standard error it would be wiped away.</summary>
    [Theory]
    [InlineData("connections -w", "no connections at ")]
    [InlineData("list -n shp -w", "no Service in namespace shp; did you mean shop?")]
    public async Task Watch_OnATerminal_ShowsItInThePicture(string line, string says)
    {
        using var stop = new CancellationTokenSource();
        using var admin = new FakeAdminSocket(Answer);
        var cli = new Cli();
        var surroundings = cli.Surroundings with { OutIsTerminal = true, OutHeight = () => 24, Time = new HastyTime() };
        var watching = CommandTree.InvokeAsync([.. line.Split(' '), "--admin-socket", admin.Path], surroundings, stop.Token);

        // The picture comes first, and is drawn again and again.
        await Eventually.IsTrue(() => cli.Out.ToString().Contains("\e[J", StringComparison.Ordinal) || watching.IsCompleted, "the picture is drawn");
        await stop.CancelAsync();
        await watching;

        cli.Out.ToString().ShouldStartWith($"\e[2J\e[H{says}");
        cli.Error.ToString().ShouldBeEmpty();
    }

    private static string Answer(string resource) =>
        FakeAdminSocket.Whole(resource.StartsWith("/v1/connections", StringComparison.Ordinal) ? NoConnections : Services);
}
