using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>
/// What README, the quick start and the page on nodes tell people to type, typed: each <c>console</c> block in its order, in a network namespace, with what is
/// shown compared with what is printed (numbers may differ). A comment before a block says what else is to be done with it: <c>run: background</c> (goes on
/// until the end), <c>run: instead</c> (the same, in place of what went on), <c>run: no, REASON</c>.
/// </summary>
public abstract partial class DocumentedCommandTests(string page, int atLeast) : IAsyncDisposable
{
    /// <summary>What may keep a block from being run here.</summary>
    private static readonly string[] Reasons = ["needs a cluster", "builds", "it is what runs this", "two minutes of load, as root",
        "needs a running proxy", "needs a core file", "needs a capture"];

    private static int Made;

    private readonly string _namespace = string.Create(CultureInfo.InvariantCulture, $"up{Environment.ProcessId}d{Interlocked.Increment(ref Made)}");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-docs-");
    private readonly List<(string Command, Process Process, Task Said)> _running = [];

    [Fact]
    public async Task Commands_OfThePage_DoWhatItShows()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "network namespaces need root");
        Tool.SkipUnlessInstalled("ip", "curl", "python3", "bash");
        await Tool.RunAsync("ip", "netns", "add", _namespace);
        await Tool.RunAsync("ip", "-n", _namespace, "link", "set", "lo", "up");
        foreach (string entry in (string[])["docs", "src", "tests"])
            File.CreateSymbolicLink(Path.Combine(_folder.FullName, entry), Path.Combine(Root(), entry));

        int typed = 0;
        foreach (Match block in Block().Matches(await File.ReadAllTextAsync(Path.Combine(Root(), page), TestContext.Current.CancellationToken)))
        {
            string mode = block.Groups["mode"].Value;
            if (mode.StartsWith("no, ", StringComparison.Ordinal))
            {
                Reasons.ShouldContain(mode["no, ".Length..], "a reason that this test does not know");
                TestContext.Current.TestOutputHelper?.WriteLine(
                    $"{page}: not run, {mode["no, ".Length..]}: {block.Groups["text"].Value.Trim().Split('\n')[0]}");
                continue;
            }

            if (mode == "instead") await StopAsync();
            foreach (var (command, shown) in CommandsOf(block.Groups["text"].Value))
            {
                typed++;
                if (mode.Length == 0) await PrintsAsync(command, shown);
                else await StartAsync(command);
            }
        }

        await StopAsync();
        typed.ShouldBeGreaterThanOrEqualTo(atLeast);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, process, _) in _running.Where(running => !running.Process.HasExited)) process.Kill(entireProcessTree: true);
        if (File.Exists($"/run/netns/{_namespace}")) await Tool.RunAsync("ip", "netns", "delete", _namespace);
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Tried again for a while: what goes on in the background needs its time to start, and people would try again, too.</summary>
    private async Task PrintsAsync(string command, IReadOnlyList<string> shown)
    {
        string said = "";
        long began = TimeProvider.System.GetTimestamp();
        do
        {
            using var process = Type(command);
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            var missing = shown.Where(line => !Pattern(line).IsMatch(output)).ToList();
            if (process.ExitCode == 0 && missing.Count == 0) return;
            said = $"{command}: exit code {process.ExitCode}, not printed: {string.Join(" / ", missing)}\n{output}{await error}";
            // On a busy machine one that needs an earlier one may have ended after it was taken for started.
            foreach (var (ended, _, _) in _running.Where(running => running.Process.HasExited).ToList())
            {
                _running.RemoveAll(running => running.Command == ended);
                await StartAsync(ended);
            }
        }
        while (_running.Count > 0 && TimeProvider.System.GetElapsedTime(began) < Eventually.Patience);

        Assert.Fail(said);
    }

    /// <summary>One that needs what an earlier one has not made yet ends with an error, and is started again.</summary>
    private async Task StartAsync(string command)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var process = Type(command);
            var said = new TaskCompletionSource();
            var (output, error) = (ReadAsync(process.StandardOutput, said), ReadAsync(process.StandardError, said));
            if (!await EndsWithinAsync(process, TimeSpan.FromSeconds(1.5)))
            {
                _running.Add((command, process, said.Task));
                return;
            }

            if (TimeProvider.System.GetElapsedTime(began) > Eventually.Patience)
                Assert.Fail($"{command} ended with {process.ExitCode}: {await output}{await error}");
            process.Dispose();
        }
    }

    /// <summary>All of it; <paramref name="said"/> is told of the first.</summary>
    private static async Task<string> ReadAsync(StreamReader from, TaskCompletionSource said)
    {
        var all = new System.Text.StringBuilder();
        char[] buffer = new char[4096];
        while (await from.ReadAsync(buffer, CancellationToken.None) is > 0 and var read)
        {
            all.Append(buffer, 0, read);
            said.TrySetResult();
        }

        return all.ToString();
    }

    private static async Task<bool> EndsWithinAsync(Process process, TimeSpan time)
    {
        using var limit = new CancellationTokenSource(time);
        await process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return process.HasExited;
    }

    /// <summary>The last first, as people would; each has gone on until now, and ends as Ctrl-C should end it.</summary>
    private async Task StopAsync()
    {
        foreach (var (command, process, said) in Enumerable.Reverse(_running))
        {
            process.HasExited.ShouldBeFalse($"{command} should go on until it is stopped");
            // Before its first line a program may not yet know what to do with Ctrl-C.
            await Task.WhenAny(said, Task.Delay(Eventually.Patience, TestContext.Current.CancellationToken));
            await Tool.RunAsync("kill", "-INT", process.Id.ToString(CultureInfo.InvariantCulture));
            using var deadline = new CancellationTokenSource(Eventually.Patience);
            await process.WaitForExitAsync(deadline.Token);
            process.ExitCode.ShouldBe(0, command);
            process.Dispose();
        }

        _running.Clear();
    }

    private Process Type(string command)
    {
        string line = command
            .Replace("dotnet run -c Release --project src/UserProxy.App --", "userproxy", StringComparison.Ordinal)
            .Replace(
                "dotnet run --project tests/UserProxy.FakeApiServer --", $"dotnet {Path.Combine(AppContext.BaseDirectory, "UserProxy.FakeApiServer.dll")}",
                StringComparison.Ordinal);
        // A shell that starts the tests in the background has them ignore SIGINT: env(1) takes that back.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "ip", "netns", "exec", _namespace, "bash", "-c", line])
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{TestedProgram.Folder}:{start.Environment["PATH"]}";
        start.Environment["PYTHONUNBUFFERED"] = "1"; // its first line is waited for
        start.Environment["USERPROXY_ADMIN_SOCKET"] = Path.Combine(_folder.FullName, "admin.sock");
        return Process.Start(start)!;
    }

    private static IEnumerable<(string Command, IReadOnlyList<string> Shown)> CommandsOf(string text)
    {
        string? command = null;
        var shown = new List<string>();
        foreach (string line in text.Split('\n').Select(line => line.Trim()))
        {
            if (!line.StartsWith("$ ", StringComparison.Ordinal))
            {
                if (line.Length > 0 && line != "...") shown.Add(line);
                continue;
            }

            if (command is not null) yield return (command, shown);
            (command, shown) = (line[2..], []);
        }

        if (command is not null) yield return (command, shown);
    }

    /// <summary>Numbers and widths may differ, words may not.</summary>
    private static Regex Pattern(string line)
    {
        string pattern = Regex.Escape(Digits().Replace(Blanks().Replace(line, "\u0001"), "\u0002"));
        return new Regex(pattern.Replace("\u0001", @"\s+", StringComparison.Ordinal).Replace("\u0002", @"\d+", StringComparison.Ordinal));
    }

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "UserProxy.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests do not run inside a checkout");
    }

    [GeneratedRegex(@"(?:<!-- run: (?<mode>[^>]*?) -->\s*)?^[ ]*```console\n(?<text>.*?)^[ ]*```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}

[StartsProgram]
public sealed class DocumentedReadmeTests() : DocumentedCommandTests("README.md", atLeast: 3);

[StartsProgram]
public sealed class DocumentedQuickStartTests() : DocumentedCommandTests("docs/quick-start.md", atLeast: 9);

[StartsProgram]
public sealed class DocumentedKubernetesTests() : DocumentedCommandTests("docs/kubernetes.md", atLeast: 3);

[StartsProgram]
public sealed class DocumentedTroubleshootingTests() : DocumentedCommandTests("docs/troubleshooting.md", atLeast: 9);
