using UserProxy.Chart.Tests.Support;

namespace UserProxy.Chart.Tests;

/// <summary>
/// charts/kubectl-userproxy with a stand-in for kubectl, which notes its command line and answers as a cluster of two nodes would: which Pod is asked, with
/// what, and what is left in this folder.
/// </summary>
public sealed class KubectlPluginTests : IDisposable
{
    /// <summary>NONE: no Pod runs; FAILS: exec ends with 7.</summary>
    private const string StandIn = """
        #!/bin/bash
        printf '%s\n' "$*" >>"$LOG"
        case "$*" in
        *'get pods'*) [ -n "$NONE" ] || printf 'userproxy-a node-1\nuserproxy-b node-2\n' ;;
        *'get services'*) printf 'default/kubernetes \nshop/db 30090\nshop/web 30079 30080\n' ;;
        *'get endpointslices'*'service-name=web'*) printf 'node-9\nnode-2\n' ;;
        *'get endpointslices'*) ;;
        *' logs '*|logs*) echo 'the log' ;;
        *sysdump*) [ -n "$FAILS" ] || printf archive ;;
        *exec*) echo "said: $*"; cat ;;
        esac
        case "$*" in *exec*) [ -z "$FAILS" ] || exit 7 ;; esac
        """;

    private static readonly string Script = Path.Combine(Repository.Root, "charts", "kubectl-userproxy");
    private static readonly string[] Plain = ["bash", "cat", "cut", "date", "grep", "head", "rm", "tr"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-kubectl-");

    [Theory]
    [InlineData("status", "userproxy-a", "status")]
    [InlineData("--node node-2 status --wait", "userproxy-b", "status --wait")]
    [InlineData("--node=node-2 list -n shop", "userproxy-b", "list -n shop")]
    [InlineData("--service shop/web inspect --all", "userproxy-b", "inspect --all")]
    [InlineData("--node-port 30080 inspect --all", "userproxy-b", "inspect --all")]
    [InlineData("explain shop/web:http --from 10.0.0.7", "userproxy-b", "explain shop/web:http --from 10.0.0.7")]
    [InlineData("inspect 30080 --no-probe", "userproxy-b", "inspect 30080 --no-probe")]
    [InlineData("inspect 22", "userproxy-a", "inspect 22")]
    [InlineData("explain shop/db", "userproxy-a", "explain shop/db")]
    [InlineData("verify shop/web --dial", "userproxy-b", "verify shop/web --dial")]
    [InlineData("trace shop/web --count 1", "userproxy-b", "trace shop/web --count 1")]
    [InlineData("trace 192.0.2.0/24", "userproxy-a", "trace 192.0.2.0/24")]
    public async Task Run_AsksTheNodeThatItIsAbout(string line, string pod, string command)
    {
        var ran = await RunAsync(line);

        ran.ExitCode.ShouldBe(0, ran.Error);
        Typed()[^1].ShouldBe($"exec --namespace kube-system {pod} --container userproxy -- userproxy {command}");
        ran.Output.ShouldStartWith("said: ");
        ran.Error.ShouldContain($"(pod {pod})");
    }

    [Fact]
    public async Task Run_OtherNamespaceSelectorAndContext_AreUsed()
    {
        var ran = await RunAsync("-n proxies -l app=up --context prod --kubeconfig=k.yaml --as me status");

        ran.ExitCode.ShouldBe(0, ran.Error);
        var typed = Typed();
        typed.ShouldAllBe(call => call.StartsWith("--context=prod --kubeconfig=k.yaml --as=me ", StringComparison.Ordinal));
        typed[0].ShouldContain("get pods --namespace proxies --selector app=up --field-selector status.phase=Running");
        typed[^1].ShouldContain("exec --namespace proxies userproxy-a");
    }

    [Fact]
    public async Task Run_AllNodes_AsksEachAndEndsWithTheWorst()
    {
        (await RunAsync("--all-nodes status")).Output.Split('\n').Where(line => line.StartsWith("== ", StringComparison.Ordinal))
            .ShouldBe(["== node-1", "== node-2"]);

        (await RunAsync("--all-nodes status", ("FAILS", "1"))).ExitCode.ShouldBe(7);
        Typed().Count(line => line.StartsWith("exec", StringComparison.Ordinal)).ShouldBe(4);
    }

    [Fact]
    public async Task Run_ExitCodeOfTheCommand_IsHanded_On() => (await RunAsync("status", ("FAILS", "1"))).ExitCode.ShouldBe(7);

    [Fact]
    public async Task Sysdump_LeavesTheArchiveAndTheLogHere_ForTheirOwnerAlone()
    {
        var ran = await RunAsync("--node node-2 sysdump report.tar.gz");

        ran.ExitCode.ShouldBe(0, ran.Error);
        ran.Output.ShouldBe("report.tar.gz\nreport.tar.gz.log\n");
        File.ReadAllText(Here("report.tar.gz")).ShouldBe("archive");
        File.ReadAllText(Here("report.tar.gz.log")).ShouldBe("the log\n");
        foreach (string file in (string[])["report.tar.gz", "report.tar.gz.log"])
            new FileInfo(Here(file)).UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        (await RunAsync("--node node-2 sysdump report.tar.gz")).ExitCode.ShouldBe(64, "what is there is not replaced");
    }

    [Fact]
    public async Task Sysdump_Redacted_HasNoLogAndNoNode()
    {
        var ran = await RunAsync("--node node-2 sysdump --redact");

        ran.ExitCode.ShouldBe(0, ran.Error);
        ran.Output.ShouldStartWith("userproxy-sysdump-redacted-");
        Typed()[^1].ShouldBe("exec --namespace kube-system userproxy-b --container userproxy -- userproxy sysdump - --redact");
        Directory.GetFiles(_folder.FullName, "*.log").ShouldBeEmpty();
    }

    [Fact]
    public async Task Sysdump_NothingComes_LeavesNothing()
    {
        (await RunAsync("sysdump report.tar.gz", ("FAILS", "1"))).ExitCode.ShouldBe(7);

        File.Exists(Here("report.tar.gz")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("inspect --all --diff old.json", "inspect --all --diff -")]
    [InlineData("inspect --all --diff=old.json -o json", "inspect --all --diff=- -o json")]
    public async Task Diff_TheFileIsOneOfHere(string line, string command)
    {
        File.WriteAllText(Here("old.json"), "yesterday");

        var ran = await RunAsync(line);

        ran.ExitCode.ShouldBe(0, ran.Error);
        Typed()[^1].ShouldBe($"exec --namespace kube-system userproxy-a --container userproxy --stdin -- userproxy {command}");
        ran.Output.ShouldEndWith("yesterday");
    }

    [Theory]
    [InlineData("", 64, "which command?")]
    [InlineData("--nonsense status", 64, "'--nonsense': no such option (--help)")]
    [InlineData("--node", 64, "--node needs a value (--help)")]
    [InlineData("--node a --all-nodes status", 64, "exclude each other")]
    [InlineData("--service web status", 64, "'web' is no NAMESPACE/NAME")]
    [InlineData("--node-port x status", 64, "'x' is no number")]
    [InlineData("--node-port 1 status", 1, "no Service has the NodePort 1")]
    [InlineData("--node node-3 status", 69, "no Pod of userproxy runs on node node-3; there is one on: node-1 node-2")]
    [InlineData("inspect --all --diff none.json", 64, "none.json cannot be read")]
    public async Task Run_BadUsage_SaysWhy(string line, int code, string says)
    {
        var ran = await RunAsync(line);

        ran.ExitCode.ShouldBe(code);
        ran.Error.ShouldContain(says);
        ran.Output.ShouldBe("");
    }

    [Fact]
    public async Task Run_NoPod_Exits69()
    {
        var ran = await RunAsync("status", ("NONE", "1"));

        (ran.ExitCode, ran.Output).ShouldBe((69, ""));
        ran.Error.ShouldContain("no Pod of userproxy runs in namespace kube-system");
    }

    [Fact]
    public async Task Help_NamesEveryOption()
    {
        var ran = await RunAsync("--help");

        ran.ExitCode.ShouldBe(0);
        foreach (string option in (string[])["--node", "--service", "--node-port", "--all-nodes", "--namespace", "--selector", "--context"])
            ran.Output.ShouldContain(option);
    }

    [Fact]
    public async Task Script_ToShellcheck_IsClean()
    {
        var ran = await Ran.ToItsEndAsync(Programs.Need("shellcheck"), ["--severity", "style", Script]);
        ran.ExitCode.ShouldBe(0, ran.Output);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private Task<Ran> RunAsync(string line) => RunAsync(line, ("", ""));

    private async Task<Ran> RunAsync(string line, (string Name, string Value) variable)
    {
        string tools = Path.Combine(_folder.FullName, "tools");
        Directory.CreateDirectory(tools);
        await File.WriteAllTextAsync(Path.Combine(tools, "kubectl"), StandIn);
        await Ran.ToItsEndAsync(Programs.Need("chmod"), ["+x", Path.Combine(tools, "kubectl")]);
        foreach (string tool in Plain.Where(tool => !File.Exists(Path.Combine(tools, tool))))
            File.CreateSymbolicLink(Path.Combine(tools, tool), Programs.Need(tool));
        var variables = new Dictionary<string, string> { ["PATH"] = tools, ["LOG"] = Here("log"), ["NONE"] = "", ["FAILS"] = "" };
        if (variable.Name.Length > 0) variables[variable.Name] = variable.Value;
        string[] arguments = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return await Ran.ToItsEndAsync(
            Programs.Need("env"), ["-C", _folder.FullName, Programs.Need("bash"), Script, .. arguments], variables: variables);
    }

    private string Here(string file) => Path.Combine(_folder.FullName, file);

    private List<string> Typed() => File.Exists(Here("log")) ? [.. File.ReadAllLines(Here("log"))] : [];
}
