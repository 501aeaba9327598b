using System.Text.Json;
using UserProxy.App.CommandLine;
using UserProxy.App.List;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Tests.CommandLine;

namespace UserProxy.App.Tests.List;

/// <summary>What <c>list</c> says beside its table, and the code that it ends with.</summary>
public sealed class ListFindingsTests
{
    private const string Why = "NodePort 0.0.0.0:30080: the port is taken by nginx (pid 7)";

    private static readonly ServiceItem Web = Samples.Services.Services.First(service => service.Name == "web");

    private static readonly ServiceItem Taken = Web with
    {
        Listeners = [new ListenerItem("NodePort", "0.0.0.0", 30080, "Failed", "the port is taken by nginx (pid 7)", null, null)],
    };

    [Fact]
    public void Unserved_EveryAddressFailed_SaysWhy() =>
        Unserved(Taken).ShouldBe([$"shop/web is declared, and nothing of it is served on this node: {Why}"]);

    [Fact]
    public void Unserved_OnePortOfTwo_IsNamed() => Unserved(Web, Taken with { Port = "https", PortNumber = 443 }).ShouldBe(
        [$"port https:443 of shop/web is not served on this node: {Why}"]);

    [Fact]
    public void Unserved_NoAddressOfItIsListenedOn_SaysTheFirst_AndWhereTheOthersAre() => Unserved(Samples.NotServed).ShouldBe(
        ["yes/empty is declared, and nothing of it is served on this node: ClusterIP 10.96.0.7:80: ClusterIPs are not served by this run "
            + "(--cluster-ips, and the right to add routes); and 1 more: userproxy explain yes/empty"]);

    [Fact]
    public void Unserved_ItHasNoAddress_SaysSo() => Unserved(Samples.NotServed with { NotServed = [] }).ShouldBe(
        ["yes/empty is declared, and nothing of it is served on this node: it has no address here: userproxy explain yes/empty"]);

    [Fact]
    public void Unserved_OneAddressOrFamilyIsServed_SaysNothing()
    {
        Unserved(Web).ShouldBeEmpty("one of its addresses failed");
        Unserved(Taken, Web with { IpFamily = "IPv6" }).ShouldBeEmpty("the same port in another family");
    }

    [Theory]
    [InlineData("Refusing")]
    [InlineData("Dropping")]
    public void Unserved_ServedAsItIsDeclared_SaysNothing(string state) =>
        Unserved(Taken with { Listeners = [Taken.Listeners[0] with { State = state }] }).ShouldBeEmpty();

    [Theory]
    [InlineData("list shop/web", 1)]
    [InlineData("list web -n shop", 1)]
    [InlineData("list svc/web -n shop", 1)]
    [InlineData("list 30080", 1)]
    [InlineData("list shop/web --stats", 1)]
    [InlineData("list shop/web -o json", 1)]
    [InlineData("list shop/web -o yaml", 1)]
    [InlineData("list shop/web -o ipvs", 1)]
    [InlineData("list", 0)]
    [InlineData("list -n shop", 0)]
    public async Task Named_AndNotServed_Exits1(string line, int code)
    {
        using var admin = new FakeAdminSocket(_ => FakeAdminSocket.Whole(
            JsonSerializer.Serialize(Samples.Services with { Services = [Taken] }, AdminJson.Default.ServiceList)));
        var cli = new Cli();

        (await cli.RunAsync([.. line.Split(' '), "--admin-socket", admin.Path])).ShouldBe(code);

        string what = line == "list 30080" ? "port http:80 of shop/web is not served" : "shop/web is declared, and nothing of it is served";
        cli.Error.ToString().TrimEnd().ShouldBe(code == 0 ? "" : $"{what} on this node: {Why}");
        cli.Out.ToString().ShouldNotBeEmpty();
    }

    /// <summary>The other port of it listens.</summary>
    [Theory]
    [InlineData("list shop/web:https")]
    [InlineData("list web:443 -n shop")]
    public async Task NamedPort_AndNotServed_OfItAloneIsSaid(string line)
    {
        using var admin = Answering(Web, Taken with { Port = "https", PortNumber = 443 });
        var cli = new Cli();

        (await cli.RunAsync([.. line.Split(' '), "--admin-socket", admin.Path])).ShouldBe(ExitCode.Failed);

        cli.Error.ToString().TrimEnd().ShouldBe($"port https:443 of shop/web is not served on this node: {Why}");
    }

    /// <summary>Without ClusterIPs a hundred Services may have port 80.</summary>
    [Theory]
    [InlineData(true, ExitCode.Done)]
    [InlineData(false, ExitCode.Failed)]
    public async Task Number_OfMany_IsBounded_AndAFaultWhereNoneIsServed(bool isOneServed, int code)
    {
        var unserved = Enumerable.Range(1, 12).Select(number => Taken with { Name = $"web-{number}" });
        using var admin = Answering([.. unserved, .. isOneServed ? [Web] : Array.Empty<ServiceItem>()]);
        var cli = new Cli();

        (await cli.RunAsync("list", "30080", "--admin-socket", admin.Path)).ShouldBe(code);

        string[] lines = cli.Error.ToString().TrimEnd().Split('\n');
        lines.Length.ShouldBe(11);
        lines[^1].ShouldBe("and 2 more: userproxy list -o wide");
    }

    /// <summary>As it is meant to be: an endpoint in the host's network has it.</summary>
    [Fact]
    public async Task Named_AndLeftToAnEndpoint_IsNoFault()
    {
        const string left = "the port is taken by web (pid 7), which is endpoint 127.0.0.1:30080, to which it is left";
        using var admin = Answering(Taken with { Listeners = [Taken.Listeners[0] with { Reason = left }] });
        var cli = new Cli();

        (await cli.RunAsync("list", "shop/web", "--admin-socket", admin.Path)).ShouldBe(ExitCode.Done);

        cli.Error.ToString().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("list shop/web -o json", "Manifest /m/a.yaml|Service shop/web|EndpointSlice shop/web-1")]
    [InlineData("list 30080 -o json", "Manifest /m/a.yaml|Service shop/web|EndpointSlice shop/web-1")]
    [InlineData("list -n shop -o json", "Manifest /m/a.yaml|Service shop/web|Service shop/gone|EndpointSlice shop/web-1|EndpointSlice shop/web-api-1")]
    [InlineData(
        "list -o json",
        "Manifest /m/a.yaml|Service shop/web|Service shop/gone|Service other/web|EndpointSlice shop/web-1|EndpointSlice shop/web-api-1"
            + "|EndpointSlice other/web-1")]
    public async Task Issues_OfJson_AreThoseOfWhatWasAskedFor(string line, string subjects)
    {
        string[] all =
        [
            "Manifest /m/a.yaml", "Service shop/web", "Service shop/gone", "Service other/web", "EndpointSlice shop/web-1", "EndpointSlice shop/web-api-1",
            "EndpointSlice other/web-1",
        ];
        var api = Web with { Name = "web-api", Listeners = [] };
        using var admin = new FakeAdminSocket(_ => FakeAdminSocket.Whole(
            JsonSerializer.Serialize(
                Samples.Services with { Services = [Web, api], Issues = [.. all.Select(subject => new IssueItem(subject, "InvalidObject", "no"))] },
                AdminJson.Default.ServiceList)));
        var cli = new Cli();

        (await cli.RunAsync([.. line.Split(' '), "--admin-socket", admin.Path])).ShouldBe(ExitCode.Done);

        using var json = JsonDocument.Parse(cli.Out.ToString());
        json.RootElement.GetProperty("issues").EnumerateArray().Select(issue => issue.GetProperty("subject").GetString()).ShouldBe(subjects.Split('|'));
    }

    /// <summary>The trouble with a source names the first of its files.</summary>
    [Fact]
    public void SourceProblems_AreThoseOfFilesAndObjects_AndEachIsToldOnce()
    {
        var list = Samples.Services with
        {
            SourceTrouble = new SourceTroubleItem("unreadable", "/m/a.yaml:2: no YAML, and 1 more", null, null),
            Issues =
            [
                new("Manifest /m/a.yaml", "InvalidManifest", "line 2: no YAML"),
                new("Manifest /m/b.yaml", "InvalidManifest", "line 3: no YAML"),
                new("Service shop/web", "InvalidObject", "/m/c.yaml:4: spec.ports: must be a list"),
                new("Service other/gone", "InvalidObject", "/m/c.yaml:9: spec.ports: must be a list"),
                new("Service shop/web", "NoAddress", "no address of it is served here"),
                new("EndpointSlice shop/web-1", "InvalidObject", "/m/c.yaml:7: endpoints: must be a list"),
            ],
        };

        Problems().ShouldBe(
        [
            "Manifest /m/b.yaml: line 3: no YAML",
            "Service shop/web: /m/c.yaml:4: spec.ports: must be a list; what is served may be an earlier form of it",
            "Service other/gone: /m/c.yaml:9: spec.ports: must be a list",
            "EndpointSlice shop/web-1: /m/c.yaml:7: endpoints: must be a list",
        ]);
        Problems("shop/web").Length.ShouldBe(3, "of other Services nothing is said");
        Problems("default/kubernetes").Length.ShouldBe(1, "nor of their slices");

        string[] Problems(params string[] names)
        {
            ServiceFilter.TryParse(names, null, false, out var filter, out _).ShouldBeTrue();
            return [.. ListFindings.SourceProblems(list, [.. list.Services.Where(filter!.Fits)], filter)];
        }
    }

    [Fact]
    public void SourceProblems_Many_AreCounted()
    {
        var list = Samples.Services with
        {
            Issues = [.. Enumerable.Range(1, 12).Select(number => new IssueItem($"Manifest /m/{number}.yaml", "InvalidManifest", "no YAML"))],
        };
        ServiceFilter.TryParse([], null, true, out var filter, out _).ShouldBeTrue();

        var lines = ListFindings.SourceProblems(list, [Web], filter!);

        lines.Count.ShouldBe(11);
        Plain(lines[^1]).ShouldBe("and 2 more: userproxy status");
    }

    private static IEnumerable<string> Unserved(params ServiceItem[] services)
    {
        ServiceFilter.TryParse([$"{services[0].Namespace}/{services[0].Name}"], null, false, out var filter, out _).ShouldBeTrue();
        return ListFindings.Unserved(services, filter!).Select(Plain);
    }

    private static FakeAdminSocket Answering(params ServiceItem[] services) => new(_ => FakeAdminSocket.Whole(
        JsonSerializer.Serialize(Samples.Services with { Services = services }, AdminJson.Default.ServiceList)));

    /// <summary>As it is printed.</summary>
    private static string Plain(string line) => Screen.None.Wrap(line, Screen.Indent).Single();
}
