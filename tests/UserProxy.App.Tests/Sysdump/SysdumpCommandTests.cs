using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using UserProxy.App.CommandLine;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Sysdump;

/// <summary>The archive beside a whole <c>run</c> and without one.</summary>
public sealed class SysdumpCommandTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly string[] Files =
        ["about.json", "connections.json", "inspect.json", "inspect.txt", "kernel.txt", "metrics.txt", "process.txt", "services.json", "settings.json",
            "status.json"];

    private readonly TempFolder _folder = new();
    private readonly int _metrics = FreePort.Next();

    private string Admin => Path.Combine(_folder.Path, "a.sock");

    private string Archive => Path.Combine(_folder.Path, "dump.tar.gz");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Dump_OfARunningProxy_HasAllParts_ForItsOwnerAlone()
    {
        var files = await DumpAsync();

        files.Keys.Order(StringComparer.Ordinal).ShouldBe(Files);
        new FileInfo(Archive).UnixFileMode.ShouldBe(OwnerOnly);
        files["services.json"].ShouldContain("secret-shop");
        files["metrics.txt"].ShouldContain("userproxy_connections_total");
        files["settings.json"].ShouldContain("\"nodeName\": \"node-of-somebody\"");
        files["inspect.txt"].ShouldContain("Listening\n");
        files["process.txt"].ShouldContain("Threads:");
        files["kernel.txt"].ShouldContain("net.core.somaxconn = ");
        using var about = JsonDocument.Parse(files["about.json"]);
        about.RootElement.GetProperty("parts").EnumerateArray().Single(part => part.GetProperty("name").GetString() == "log.txt").GetProperty("why")
            .GetString()!.ShouldContain("standard error");
    }

    [Fact]
    public async Task Dump_Redacted_HasNoName_AndTheSameHashEverywhere()
    {
        var files = await DumpAsync("--redact");

        files.Keys.Order(StringComparer.Ordinal).ShouldBe(Files);
        foreach (var (name, text) in files)
        {
            foreach (string planted in (string[])["secret-shop", "tenant-7", "node-of-somebody", "host-of-test", "198.51.100.7", _folder.Path])
                text.Contains(planted, StringComparison.OrdinalIgnoreCase).ShouldBeFalse($"{planted} in {name}");
        }

        using var services = JsonDocument.Parse(files["services.json"]);
        var service = services.RootElement.GetProperty("services")[0];
        string hash = service.GetProperty("name").GetString()!;
        hash.ShouldStartWith("svc-");
        service.GetProperty("endpoints")[0].GetProperty("address").GetString()!.ShouldStartWith("ip4-");
        foreach (string file in (string[])["inspect.json", "inspect.txt", "metrics.txt"]) files[file].ShouldContain(hash, customMessage: file);
        files["inspect.json"].ShouldContain("\"apiVersion\": \"userproxy.io/v1\"");
    }

    [Fact]
    public async Task Dump_WithoutAProxy_IsMadeOfTheRest_AndSaysWhatIsMissing()
    {
        var cli = new Cli();

        (await cli.RunAsync("sysdump", Archive, "--admin-socket", Admin)).ShouldBe(ExitCode.Failed);

        cli.Out.ToString().ShouldBe($"{Archive}\n");
        cli.Error.ToString().ShouldContain($"without status.json: no userproxy answers at {Admin}");
        cli.Error.ToString().ShouldContain("without metrics.txt");
        var files = Read(File.OpenRead(Archive));
        files.Keys.Order(StringComparer.Ordinal).ShouldBe(["about.json", "inspect.json", "inspect.txt", "kernel.txt"]);
        files["about.json"].ShouldContain("\"missing\"");
    }

    [Fact]
    public async Task Dump_FileIsThere_IsNotReplaced_NorWhatALinkLeadsTo()
    {
        string there = _folder.Write("there", "mine");
        File.CreateSymbolicLink(Archive, Path.Combine(_folder.Path, "elsewhere"));

        (await new Cli().RunAsync("sysdump", there, "--admin-socket", Admin)).ShouldBe(ExitCode.BadUsage);
        (await new Cli().RunAsync("sysdump", Archive, "--admin-socket", Admin)).ShouldBe(ExitCode.BadUsage);

        File.ReadAllText(there).ShouldBe("mine");
        File.Exists(Path.Combine(_folder.Path, "elsewhere")).ShouldBeFalse();
    }

    [Fact]
    public async Task Dump_ToStandardOutput_IsTheArchiveAlone_AndNotForATerminal()
    {
        var cli = new Cli();
        var bytes = new MemoryStream();

        await CommandTree.InvokeAsync(
            ["sysdump", "-", "--admin-socket", Admin], cli.Surroundings with { OpenOutput = () => bytes }, TestContext.Current.CancellationToken);

        cli.Out.ToString().ShouldBeEmpty();
        Read(new MemoryStream(bytes.ToArray())).ShouldContainKey("kernel.txt");
        var terminal = cli.Surroundings with { OutIsTerminal = true, OpenOutput = () => throw new InvalidOperationException() };
        (await CommandTree.InvokeAsync(["sysdump", "-"], terminal, TestContext.Current.CancellationToken)).ShouldBe(ExitCode.BadUsage);
    }

    [Fact]
    public async Task Dump_NameCannotBePrinted_SaysThatTheArchiveIsThere()
    {
        var cli = new Cli();

        int code = await CommandTree.InvokeAsync(
            ["sysdump", Archive, "--admin-socket", Admin], cli.Surroundings with { Out = new FullDisk() }, TestContext.Current.CancellationToken);

        code.ShouldBe(ExitCode.Failed);
        cli.Error.ToString().ShouldContain($"{Archive} is written. Its name is not on standard output: what was to be written could not be: no space is left");
        cli.Error.ToString().ShouldContain("without status.json");
        Read(File.OpenRead(Archive)).ShouldContainKey("kernel.txt");
    }

    private async Task<Dictionary<string, string>> DumpAsync(params string[] more)
    {
        string manifest = _folder.Write(
            "tenants.yaml",
            Manifests.Service("secret-shop", FreePort.Next()).Replace("namespace: default", "namespace: tenant-7", StringComparison.Ordinal)
                .Replace("127.0.0.1", "198.51.100.7", StringComparison.Ordinal));
        using var stop = new CancellationTokenSource();
        var run = new Cli().RunUntilAsync(
            stop.Token, "run", "--manifests", manifest, "--admin-socket", Admin, "--cluster-ips", "off", "--healthz-bind-address", "off",
            "--metrics-bind-address", $"127.0.0.1:{_metrics}", "--node-name", "node-of-somebody", "--drain-timeout", "0s");
        (await new Cli().RunAsync("status", "--wait", "--timeout", "5m", "--admin-socket", Admin)).ShouldBe(0);
        var cli = new Cli();

        (await cli.RunAsync(["sysdump", Archive, "--admin-socket", Admin, .. more])).ShouldBe(0, cli.Error.ToString());

        await stop.CancelAsync();
        (await run).ShouldBe(0);
        return Read(File.OpenRead(Archive));
    }

    private static Dictionary<string, string> Read(Stream archive)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        using var zip = new GZipStream(archive, CompressionMode.Decompress);
        using var tar = new TarReader(zip);
        while (tar.GetNextEntry(copyData: true) is { } entry)
        {
            entry.Mode.ShouldBe(OwnerOnly);
            entry.Name.ShouldStartWith("userproxy-sysdump/");
            using var text = new StreamReader(entry.DataStream!, Encoding.UTF8);
            files.Add(entry.Name["userproxy-sysdump/".Length..], text.ReadToEnd());
        }

        return files;
    }

    private sealed class FullDisk : StringWriter
    {
        private const int NoSpace = 28;

        public override Task WriteLineAsync(string? value) => throw new IOException("No space left on device", NoSpace);
    }
}
