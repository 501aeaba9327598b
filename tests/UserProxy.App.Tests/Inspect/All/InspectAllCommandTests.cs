using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace UserProxy.App.Tests.Inspect.All;

/// <summary>The command on sockets of this very process; a whole node in a namespace is the functional tests'.</summary>
public sealed class InspectAllCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<TcpClient> _clients = [];

    public InspectAllCommandTests() => _listener.Start();

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose()
    {
        foreach (var client in _clients) client.Dispose();
        _listener.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task SomebodyWaits_Exits1_AndNamesTheService()
    {
        await ConnectAsync();
        string manifest = _folder.Write("a.yaml", Manifests.Service("web", Port));

        var (code, json) = await InspectAsync("--manifests", manifest);

        code.ShouldBe(1);
        var item = Item(json);
        item.GetProperty("verdict").GetString().ShouldBe("placeholder");
        item.GetProperty("services")[0].GetProperty("name").GetString().ShouldBe("web");
        item.GetProperty("connections").GetProperty("waiting").GetInt32().ShouldBe(1);
        item.GetProperty("peers")[0].GetProperty("address").GetString().ShouldBe("127.0.0.1");
        json.GetProperty("servicesFrom").GetString().ShouldBe(manifest);
    }

    [Fact]
    public async Task Diff_NamesWhatGrew()
    {
        await ConnectAsync();
        var cli = new Cli();
        await cli.RunAsync("inspect", "--all", "-o", "json");
        string earlier = _folder.Write("earlier.json", cli.Out.ToString());
        await ConnectAsync();

        var (_, json) = await InspectAsync("--diff", earlier);

        Item(json).GetProperty("stuckSince").ValueKind.ShouldBe(JsonValueKind.String);
        json.GetProperty("changes").GetProperty("items").EnumerateArray().Where(change => change.GetProperty("kind").GetString() == "Grew")
            .Select(change => $"{change.GetProperty("subject")}: {change.GetProperty("message")}")
            .ShouldContain($"TCP 127.0.0.1:{Port}: 1 more clients wait (1 did), of 127.0.0.1 +1");
    }

    [Fact]
    public async Task Diff_OfStandardInput_IsRead()
    {
        var cli = new Cli();
        await cli.RunAsync("inspect", "--all", "-o", "json");
        byte[] earlier = System.Text.Encoding.UTF8.GetBytes(cli.Out.ToString());
        var again = new Cli();

        await UserProxy.App.CommandLine.CommandTree.InvokeAsync(
            ["inspect", "--all", "--diff", "-"], again.Surroundings with { OpenInput = () => new MemoryStream(earlier) },
            TestContext.Current.CancellationToken);

        again.Error.ToString().ShouldBeEmpty();
        again.Out.ToString().ShouldContain("\nSince 20");
    }

    [Fact]
    public async Task Probe_TellsWhetherAnIdleListenerAccepts()
    {
        var accepting = _listener.AcceptSocketAsync(TestContext.Current.CancellationToken).AsTask();
        Item((await InspectAsync()).Json).GetProperty("verdict").GetString().ShouldBe("idle");

        Item((await InspectAsync("--probe")).Json).GetProperty("verdict").GetString().ShouldBe("handled");

        (await accepting).Dispose();
    }

    [Theory]
    [InlineData("[]", "is not what userproxy inspect --all -o json has written")]
    [InlineData("{\"apiVersion\":\"userproxy.io/v1\",\"node\":\"a\",\"services\":[]}", "is not what userproxy inspect --all -o json has written")]
    [InlineData(
        "{\"apiVersion\":\"userproxy.io/v1\",\"kind\":\"NodeInspection\",\"node\":\"a\",\"readAt\":\"2026-11-29T12:00:00Z\",\"findings\":[],"
            + "\"listening\":[null],\"sums\":{\"owners\":[],\"namespaces\":[],\"verdicts\":[]}}",
        "an item of a list is null")]
    [InlineData("nonsense", "is not what userproxy inspect --all -o json has written: it is damaged, or cut off, at line 1, byte 2")]
    [InlineData("{\"apiVersion\":\"userproxy.io/v1\",\n\"kind\":\"Node", "it is damaged, or cut off, at line 2, byte ")]
    [InlineData("{\"findings\":7}", "findings is not what belongs there (line 1, byte 14)")]
    [InlineData(null, "there is no such file")]
    public async Task Diff_OfSomethingElse_Exits64(string? content, string why)
    {
        string file = Path.Combine(_folder.Path, "x.json");
        if (content is not null) _folder.Write("x.json", content);
        var cli = new Cli();

        (await cli.RunAsync("inspect", "--all", "--diff", file)).ShouldBe(64);

        cli.Error.ToString().ShouldContain(why);
        cli.Error.ToString().Trim().Split('\n').ShouldHaveSingleItem();
        cli.Out.ToString().ShouldBeEmpty();
    }

    private async Task ConnectAsync()
    {
        var client = new TcpClient();
        _clients.Add(client);
        await client.ConnectAsync(IPAddress.Loopback, Port, TestContext.Current.CancellationToken);
    }

    private static async Task<(int Code, JsonElement Json)> InspectAsync(params string[] more)
    {
        var cli = new Cli();
        int code = await cli.RunAsync(["inspect", "--all", "-o", "json", .. more]);
        cli.Error.ToString().ShouldBeEmpty();
        using var json = JsonDocument.Parse(cli.Out.ToString());
        return (code, json.RootElement.Clone());
    }

    private JsonElement Item(JsonElement json) => json.GetProperty("listening").EnumerateArray().Single(
        item => item.GetProperty("port").GetInt32() == Port && item.GetProperty("protocol").GetString() == "TCP"
            && item.GetProperty("address").GetString() == "127.0.0.1");
}
