using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>The executable beside an API server that no longer believes its token: what status says, and that no archive has a token in it.</summary>
[StartsProgram]
public sealed class StatusTests : ApiServerCase
{
    [Fact]
    public async Task TokenIsRefused_IsSaidWithSinceWhen_AndIsInNoSysdump()
    {
        await using var one = Backend.Named("one");
        var api = await ServeAsync(Service(), Slice("web-1", one));
        string token = api.Accounts.Token;
        Start(TransportKind.Epoll);
        var (well, _) = await UserProxyAsync("status", "--wait", "--timeout", "5m");
        well.ShouldBe(0);

        api.Accounts.Token = "of nobody";
        await api.StopAsync();
        await api.ResumeAsync();
        JsonElement status = default;
        await Eventually.IsTrue(
            async () =>
            {
                var (code, output) = await UserProxyAsync("status", "-o", "json");
                using var json = JsonDocument.Parse(output);
                status = json.RootElement.Clone();
                return code == 1 && status.GetProperty("followed").EnumerateArray().Any(item => item.GetProperty("failure").GetString() == "unauthorized");
            },
            "the status says that the server refuses us");

        var refused = status.GetProperty("followed").EnumerateArray().First(item => item.GetProperty("failure").GetString() == "unauthorized");
        refused.GetProperty("failureSince").GetDateTimeOffset().ShouldBeGreaterThanOrEqualTo(refused.GetProperty("troubleSince").GetDateTimeOffset());
        status.GetProperty("ready").GetBoolean().ShouldBeTrue("the last known state is served");
        status.GetProperty("issues").EnumerateArray().ShouldContain(issue => issue.GetProperty("reason").GetString() == "NotFollowed");
        (await UserProxyAsync("status")).Output.ShouldContain("the API server answers 401 since ");

        string archive = Path.Combine(Folder.FullName, "dump.tar.gz");
        foreach (string redact in (string[])["--redact", ""])
        {
            File.Delete(archive);
            var (code, said) = await UserProxyAsync(["sysdump", archive, .. redact.Length > 0 ? [redact] : Array.Empty<string>()]);
            code.ShouldBe(0, said);
            string all = ReadAll(archive);
            all.ShouldContain("401");
            all.ShouldNotContain(token);
            all.ShouldNotContain("of nobody");
            if (redact.Length > 0) all.ShouldNotContain("demo");
        }
    }

    private async Task<(int Code, string Output)> UserProxyAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(TestedProgram.Path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["USERPROXY_ADMIN_SOCKET"] = Path.Combine(Folder.FullName, "admin.sock");
        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(4 * Eventually.Patience);
        var error = process.StandardError.ReadToEndAsync(deadline.Token);
        string output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        return (process.ExitCode, output + await error);
    }

    private static string ReadAll(string archive)
    {
        var all = new StringBuilder();
        using var zip = new GZipStream(File.OpenRead(archive), CompressionMode.Decompress);
        using var tar = new TarReader(zip);
        while (tar.GetNextEntry(copyData: true) is { } entry)
        {
            using var text = new StreamReader(entry.DataStream!, Encoding.UTF8);
            all.Append(text.ReadToEnd());
        }

        return all.ToString();
    }
}
