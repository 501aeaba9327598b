using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>
/// Every example of every --help, typed into a real bash beside a running proxy: what people copy first must work. The files that they name are made; commands
/// that go on until they are stopped are stopped; what would touch this machine runs in a network namespace of its own.
/// </summary>
[StartsProgram]
public sealed class HelpExampleTests
{
    /// <summary>How long somebody watches what goes on, from the first that it says, before it is stopped.</summary>
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(1);

    /// <summary>Those of one row have their examples one after the other: demo, which the first tell to type as well, has ports of its own choice.</summary>
    private static readonly string[][] Rows = [
        ["", "demo"], ["run"],
        ["check", "list", "top", "connections", "explain", "trace", "status", "probe", "verify", "inspect", "sysdump", "completion", "cleanup", "migrate",
            "migrate plan",
            "migrate convert", "runbook", "version", "help"]];

    [Fact]
    public async Task Help_ExamplesOfEveryCommand_Work()
    {
        Tool.SkipUnlessInstalled("bash");
        await using var echo = Backend.Echo();
        await using var proxy = await ServingProcess.StartAsync(TransportKind.Sockets, ServingProcess.ServiceOf("web", FreePort.Next(), "rr", echo));
        var (_, all, _) = await proxy.RunAsync("--help");
        foreach (string command in CommandsIn(all)) Rows.SelectMany(row => row).ShouldContain(command, "a command whose examples nobody tests");

        var failures = new ConcurrentQueue<string>();
        int run = 0;
        await Task.WhenAll(Rows.Select(async row =>
        {
            foreach (string command in row)
            {
                var (_, help, _) = await proxy.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
                var examples = ExamplesIn(help);
                examples.ShouldNotBeEmpty(command);
                foreach (string example in examples)
                {
                    Interlocked.Increment(ref run);
                    var (code, output) = await TypeAsync(proxy, echo, example);
                    // What inspect finds on this machine is not its example's business; each verdict has its exit code.
                    bool isAnswer = code == 0 || (command == "inspect" && code is 1 or 2) || (command is "migrate plan" or "status" or "sysdump" && code == 1);
                    if (!isAnswer) failures.Enqueue($"{example}: exit code {code}: {output}");
                }
            }
        }));

        TestContext.Current.TestOutputHelper?.WriteLine($"{run} examples");
        failures.ShouldBeEmpty();
        run.ShouldBeGreaterThan(25);
    }

    private static async Task<(int Code, string Output)> TypeAsync(ServingProcess proxy, Backend echo, string example)
    {
        using var folder = new TempFile();
        string home = Path.GetDirectoryName(folder.Path)!;
        foreach (string path in new[] { ".kube", ".zfunc", ".config/fish/completions", "bin", "etc/userproxy/services", "var/lib/kube-proxy" })
            Directory.CreateDirectory(Path.Combine(home, path));
        string manifest = ServingProcess.ServiceOf("web", FreePort.Next(), "rr", echo);
        await File.WriteAllTextAsync(Path.Combine(home, "services.yaml"), manifest);
        await File.WriteAllTextAsync(Path.Combine(home, "etc/userproxy/services/a.yaml"), manifest.Replace("name: web", "name: a", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(home, "userproxy.yaml"), "apiVersion: userproxy.io/v1alpha1\nkind: UserProxyConfiguration\n");
        await File.WriteAllTextAsync(
            Path.Combine(home, "var/lib/kube-proxy/config.conf"), "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n");
        File.CreateSymbolicLink(Path.Combine(home, "bin/userproxy"), TestedProgram.Path);
        bool asks = !example.Contains("userproxy run", StringComparison.Ordinal) && !example.Contains("userproxy demo", StringComparison.Ordinal);

        string typed = example;
        if (typed.StartsWith("sudo ", StringComparison.Ordinal)) typed = typed["sudo ".Length..];
        // Absolute paths of the examples lie under the test's folder; a cluster is not to be had, which is told at once and with an exit code of its own.
        string line = typed.Replace(" /etc/", " etc/", StringComparison.Ordinal).Replace(" /var/", " var/", StringComparison.Ordinal);
        bool goesOn = line.Contains("--watch", StringComparison.Ordinal) || line.Contains("userproxy trace", StringComparison.Ordinal);
        bool ends = (asks && !goesOn) || line.Contains("--script", StringComparison.Ordinal);
        // In bash's place: what is stopped is the program. A shell that starts the tests in the background has them ignore SIGINT.
        if (!ends) line = $"exec env --default-signal=INT {line}";
        if (line.Contains("cleanup", StringComparison.Ordinal)) line = Environment.IsPrivilegedProcess ? $"unshare -n {line}" : "true";
        var start = new ProcessStartInfo("bash", ["-c", line]) { WorkingDirectory = home, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = home;
        start.Environment["PATH"] = $"{Path.Combine(home, "bin")}:{start.Environment["PATH"]}";
        start.Environment["USERPROXY_ADMIN_SOCKET"] = asks ? proxy.AdminSocket : Path.Combine(home, "own.sock");
        if (asks) start.Environment["USERPROXY_PROBE_SOCKET"] = proxy.ProbeSocket;
        start.Environment["USERPROXY_HEALTHZ_BIND_ADDRESS"] = "off";
        start.Environment["USERPROXY_METRICS_BIND_ADDRESS"] = "off";
        start.Environment["USERPROXY_CLUSTER_IPS"] = "off";
        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(2 * Eventually.Patience);
        var said = new TaskCompletionSource();
        var (output, errors) = (ReadAsync(process.StandardOutput, said, deadline.Token), ReadAsync(process.StandardError, said, deadline.Token));
        if (!ends)
        {
            await Task.WhenAny(said.Task, Task.Delay(Eventually.Patience, deadline.Token));
            await Task.Delay(Watched, deadline.Token);
            await Tool.FeedAsync("", "kill", "-INT", process.Id.ToString(CultureInfo.InvariantCulture));
        }

        await process.WaitForExitAsync(deadline.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"did not end within {2 * Eventually.Patience.TotalSeconds} s");
        }

        string all = await output + await errors;
        bool lacksCluster = process.ExitCode == 64
            && (all.Contains("kubeconfig", StringComparison.Ordinal) || all.Contains("KUBERNETES_SERVICE_HOST", StringComparison.Ordinal));
        return (lacksCluster ? 0 : process.ExitCode, all);
    }

    /// <summary>All of it; <paramref name="said"/> is told of the first.</summary>
    private static async Task<string> ReadAsync(StreamReader from, TaskCompletionSource said, CancellationToken cancellation)
    {
        var all = new StringBuilder();
        char[] buffer = new char[4096];
        while (await from.ReadAsync(buffer, cancellation) is > 0 and var read)
        {
            all.Append(buffer, 0, read);
            said.TrySetResult();
        }

        return all.ToString();
    }

    /// <summary>The lines of the last part of a help text that are commands; the deeper ones say what they do.</summary>
    private static List<string> ExamplesIn(string help) =>
        [.. help[(help.LastIndexOf("Examples:", StringComparison.Ordinal) + 1)..].Split(
            '\n').Where(line => line.StartsWith("  ", StringComparison.Ordinal) && line.Length > 2 && line[2] != ' ').Select(line => line.Trim())];

    private static IEnumerable<string> CommandsIn(string help) =>
        help[(help.IndexOf("Commands:", StringComparison.Ordinal) + "Commands:".Length)..help.LastIndexOf("Examples:", StringComparison.Ordinal)]
            .Split('\n').Where(
                line => line.StartsWith("  ", StringComparison.Ordinal) && line.Length > 2 && line[2] != ' ').Select(line => line.Trim().Split(' ')[0]);
}
