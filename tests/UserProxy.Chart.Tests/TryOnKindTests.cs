using System.Text.RegularExpressions;
using UserProxy.Chart.Tests.Support;
using UserProxy.FakeApiServer;

namespace UserProxy.Chart.Tests;

/// <summary>
/// charts/try-on-kind.sh, without kind: what it would type, and, with stand-ins for the programs that it drives, what it types and what it removes, however it
/// ends. A stand-in notes its command line; FAILS names the one that fails, STOPS the one at which somebody types Ctrl-C.
/// </summary>
public sealed partial class TryOnKindTests : IDisposable
{
    private const string StandIn = """
        #!/bin/bash
        line="$(basename "$0") $*"
        printf '%s\n' "$line" >>"$LOG"
        [ -z "$FAILS" ] || [[ $line != "$FAILS"* ]] || { echo "$line failed" >&2; exit 7; }
        [ -z "$STOPS" ] || [[ $line != "$STOPS"* ]] || { kill -INT $PPID; exit 0; }
        case $line in
        'kind get clusters') printf '%s\n' $CLUSTERS ;;
        'kind get kubeconfig '*) echo 'kind: Config' ;;
        'kubectl '*jsonpath*) printf 192.0.2.10 ;;
        esac
        """;

    private static readonly string Script = Path.Combine(Repository.Root, "charts", "try-on-kind.sh");
    private static readonly string[] Driven = ["kind", "docker", "kubectl", "helm", "dotnet"];
    private static readonly string[] Plain = ["bash", "basename", "cat", "dirname", "env", "grep", "mktemp", "rm", "sed"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-kind-");

    [Fact]
    public async Task DryRun_PrintsEveryCommand_AndNeedsNothing()
    {
        var ran = await RunAsync([], "--dry-run");

        ran.ExitCode.ShouldBe(0, ran.Error);
        ran.Error.ShouldBe("");
        string file = Path.Combine(Repository.Root, "tests", "UserProxy.Chart.Tests", "testassets", "try-on-kind.txt");
        if (ChartFolder.Update) await File.WriteAllTextAsync(file, ran.Output, TestContext.Current.CancellationToken);
        ran.Output.ShouldBe(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), "USERPROXY_UPDATE_CHART=1 writes it anew");
    }

    /// <summary>What is typed is what the dry run prints.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("--no-conformance")]
    [InlineData("--keep")]
    [InlineData("--name other --image=registry.example.com:5000/team/userproxy:1.2 --node-image kindest/node:v1.35.0")]
    public async Task Run_TypesWhatTheDryRunPrints_AndSaysThatItWorked(string options)
    {
        string[] given = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var printed = Commands((await RunAsync([], [.. given, "--dry-run"])).Output);

        var ran = await RunAsync(Driven, given);

        ran.ExitCode.ShouldBe(0, ran.Output + ran.Error);
        ran.Output.TrimEnd().ShouldEndWith("All of it worked.");
        var typed = Typed().Where(line => line != "kind get clusters").Select(
            line => TempFolderOf().Replace(line, "FOLDER").Replace("192.0.2.10", "ADDRESS", StringComparison.Ordinal)).ToList();
        typed.ShouldBe(printed.Select(line => line.Replace("'", "", StringComparison.Ordinal)));
        typed.Contains("kind delete cluster --name userproxy-try").ShouldBe(options is "" or "--no-conformance");
        typed.Any(line => line.StartsWith("docker ", StringComparison.Ordinal)).ShouldBe(!options.Contains("--image", StringComparison.Ordinal));
        LeftFolders().ShouldBeEmpty();
    }

    /// <summary>Whatever fails: what was made is removed, what was not made is left alone, and the exit code is 1.</summary>
    [Theory]
    [InlineData("docker build", "")]
    [InlineData("kind create", "kind delete cluster --name userproxy-try|docker image rm localhost/userproxy:userproxy-try")]
    [InlineData("kind load", "kind delete cluster --name userproxy-try|docker image rm localhost/userproxy:userproxy-try")]
    [InlineData("helm install", "kind delete cluster --name userproxy-try|docker image rm localhost/userproxy:userproxy-try")]
    [InlineData("helm test", "kind delete cluster --name userproxy-try|docker image rm localhost/userproxy:userproxy-try")]
    [InlineData("dotnet run", "kind delete cluster --name userproxy-try|docker image rm localhost/userproxy:userproxy-try")]
    public async Task Run_SomethingFails_RemovesWhatWasMade(string fails, string removed)
    {
        var ran = await RunAsync(Driven, [], ("FAILS", fails));

        ran.ExitCode.ShouldBe(1);
        ran.Output.TrimEnd().ShouldEndWith("It did not work.");
        var typed = Typed();
        int failed = typed.FindIndex(line => line.StartsWith(fails, StringComparison.Ordinal));
        var after = typed.Skip(failed + 1).ToList();
        after.Where(line => !line.StartsWith("kubectl ", StringComparison.Ordinal)).ShouldBe(removed.Split('|', StringSplitOptions.RemoveEmptyEntries));
        after.Any(line => line.Contains("logs daemonset/userproxy", StringComparison.Ordinal)).ShouldBe(
            removed.Length > 0, "what the cluster says comes first");
        LeftFolders().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("kind create")]
    [InlineData("helm install")]
    public async Task Run_CtrlC_RemovesWhatWasMade(string stops)
    {
        var ran = await RunAsync(Driven, [], ("STOPS", stops));

        ran.ExitCode.ShouldBe(130);
        Typed()[^2..].ShouldBe(["kind delete cluster --name userproxy-try", "docker image rm localhost/userproxy:userproxy-try"]);
        LeftFolders().ShouldBeEmpty();
    }

    /// <summary>A cluster of that name is somebody's.</summary>
    [Fact]
    public async Task Run_ClusterIsThereAlready_TouchesNothing()
    {
        var ran = await RunAsync(Driven, [], ("CLUSTERS", "other userproxy-try"));

        ran.ExitCode.ShouldBe(2);
        ran.Error.ShouldBe(
            "try-on-kind: there is a cluster userproxy-try already: remove it (kind delete cluster --name userproxy-try), or give another --name\n");
        Typed().ShouldBe(["kind get clusters"]);
    }

    [Theory]
    [InlineData("kind,dotnet", "try-on-kind: not installed: kind dotnet\n")]
    [InlineData("dotnet", "try-on-kind: not installed: dotnet (--no-conformance does without)\n")]
    public async Task Run_ToolIsMissing_SaysWhich(string missing, string said)
    {
        var ran = await RunAsync([.. Driven.Except(missing.Split(','))]);

        ran.ExitCode.ShouldBe(2);
        ran.Error.ShouldBe(said);
        ran.Output.ShouldBe("");
    }

    [Theory]
    [InlineData("--nonsense", "try-on-kind: '--nonsense': no such option (--help)\n")]
    [InlineData("--name", "try-on-kind: --name needs a value (--help)\n")]
    [InlineData("--name=", "try-on-kind: --name needs a value (--help)\n")]
    [InlineData("--name=-x", "try-on-kind: --name: '-x' is no name for a cluster\n")]
    [InlineData("--image=userproxy", "try-on-kind: --image: 'userproxy' has no tag: NAME:TAG is expected\n")]
    [InlineData("--image=registry:5000/userproxy", "try-on-kind: --image: 'registry:5000/userproxy' has no tag: NAME:TAG is expected\n")]
    public async Task Run_BadUsage_Exits2(string option, string said)
    {
        var ran = await RunAsync(Driven, option);

        ran.ExitCode.ShouldBe(2);
        ran.Error.ShouldBe(said);
        Typed().ShouldBeEmpty();
    }

    [Fact]
    public async Task Help_NamesEveryOption()
    {
        var ran = await RunAsync([], "--help");

        ran.ExitCode.ShouldBe(0);
        foreach (string option in (string[])["--dry-run", "--keep", "--name", "--image", "--node-image", "--no-conformance"])
            ran.Output.ShouldContain($"  {option}");
    }

    /// <summary>helm takes the values, and the Pods have the image that is loaded.</summary>
    [Fact]
    public async Task HelmLine_OfTheScript_Renders()
    {
        string line = Commands((await RunAsync([], "--dry-run")).Output).Single(command => command.StartsWith("helm install", StringComparison.Ordinal));
        var values = ValueOption().Matches(line).SelectMany(
            option => new[] { option.Groups[1].Value, option.Groups[2].Value.Replace("ADDRESS", "192.0.2.10", StringComparison.Ordinal) });

        var ran = await ChartFolder.TemplateAsTypedAsync(ChartFolder.Path, values);

        ran.ExitCode.ShouldBe(0, ran.Error);
        var container = YamlToJson.Objects(ran.Output).Container();
        container["image"]!.GetValue<string>().ShouldBe("localhost/userproxy:userproxy-try");
        container["imagePullPolicy"]!.GetValue<string>().ShouldBe("Never");
        container["env"]!.ToJsonString().ShouldContain("\"name\":\"KUBERNETES_SERVICE_HOST\",\"value\":\"192.0.2.10\"");
    }

    [Fact]
    public async Task KindConfiguration_OfTheScript_HasNoKubeProxy()
    {
        string printed = (await RunAsync([], "--dry-run")).Output;
        var config = YamlToJson.Objects(string.Join('\n', printed.Split('\n').Where(line => line.StartsWith("    ", StringComparison.Ordinal)))).Single();

        config["apiVersion"]!.GetValue<string>().ShouldBe("kind.x-k8s.io/v1alpha4");
        config["networking"]!["kubeProxyMode"]!.GetValue<string>().ShouldBe("none");
        config["nodes"]!.AsArray().Select(node => node!["role"]!.GetValue<string>()).ShouldBe(["control-plane", "worker"]);
    }

    [Fact]
    public async Task Script_ToShellcheck_IsClean()
    {
        var ran = await Ran.ToItsEndAsync(Programs.Need("shellcheck"), ["--severity", "style", Script]);
        ran.ExitCode.ShouldBe(0, ran.Output);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private Task<Ran> RunAsync(string[] tools, params string[] options) => RunAsync(tools, options, ("LOG", Log));

    private async Task<Ran> RunAsync(string[] tools, string[] options, (string Name, string Value) variable)
    {
        foreach (string folder in (string[])[Tools, Bare, Temp]) Directory.CreateDirectory(folder);
        foreach (string tool in tools) await File.WriteAllTextAsync(Path.Combine(Tools, tool), StandIn);
        await Ran.ToItsEndAsync(Programs.Need("chmod"), ["-R", "+x", Tools]);
        foreach (string tool in Plain.Where(tool => !File.Exists(Path.Combine(Bare, tool))))
            File.CreateSymbolicLink(Path.Combine(Bare, tool), Programs.Need(tool));
        var variables = new Dictionary<string, string>
        {
            ["PATH"] = $"{Tools}:{Bare}",
            ["TMPDIR"] = Temp,
            ["LOG"] = Log,
            ["FAILS"] = "",
            ["STOPS"] = "",
            ["CLUSTERS"] = "",
        };
        variables[variable.Name] = variable.Value;
        // A shell that starts the tests in the background has them ignore SIGINT, and no trap gets what was ignored from the start.
        return await Ran.ToItsEndAsync(Programs.Need("env"), ["--default-signal=INT", Programs.Need("bash"), Script, .. options], variables: variables);
    }

    private string Tools => Path.Combine(_folder.FullName, "tools");

    private string Bare => Path.Combine(_folder.FullName, "bin");

    private string Temp => Path.Combine(_folder.FullName, "tmp");

    private string Log => Path.Combine(_folder.FullName, "log");

    private string[] LeftFolders() => Directory.GetFileSystemEntries(Temp);

    /// <summary>What the stand-ins were called with.</summary>
    private List<string> Typed() => [.. File.Exists(Log) ? File.ReadAllLines(Log) : []];

    /// <summary>The commands of a dry run, as a stand-in sees them.</summary>
    private static List<string> Commands(string printed) =>
        [.. printed.Split('\n').Where(line => line.StartsWith("+ ", StringComparison.Ordinal)).Select(line => line[2..])];

    [GeneratedRegex(@"/\S*/tmp/tmp\.\w+")]
    private static partial Regex TempFolderOf();

    [GeneratedRegex(@"(--set|--set-string) (\S+)")]
    private static partial Regex ValueOption();
}
