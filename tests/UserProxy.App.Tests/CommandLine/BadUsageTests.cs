using UserProxy.App.CommandLine;

namespace UserProxy.App.Tests.CommandLine;

public sealed class BadUsageTests
{
    [Theory]
    [InlineData("frobnicate", "'frobnicate': no such command (userproxy --help)")]
    [InlineData("lsit", "'lsit': no such command; did you mean list? (userproxy --help)")]
    [InlineData("help lsit", "'lsit': no such command; did you mean list? (userproxy --help)")]
    [InlineData("migrate pln", "'pln': no such command; did you mean plan? (userproxy migrate --help)")]
    [InlineData("list --wathc", "--wathc: userproxy list has no such option; did you mean --watch? (userproxy list --help)")]
    [InlineData("check --strict", "--strict: userproxy check has no such option (userproxy check --help)")]
    [InlineData("list -o jsn", "-o: 'jsn' is none of table, wide, json, yaml, ipvs; did you mean json? (userproxy list --help)")]
    [InlineData("list --output=Json", "--output: 'Json' is none of table, wide, json, yaml, ipvs; did you mean json? (userproxy list --help)")]
    [InlineData("status -o \u001b[31mred", "-o: '\\u{1b}[31mred' is none of text, json (userproxy status --help)")]
    [InlineData("completion bsh", "SHELL: 'bsh' is none of bash, zsh, fish; did you mean bash? (userproxy completion --help)")]
    [InlineData("get services", "'get': no such command; did you mean list? (userproxy --help)")]
    [InlineData("-v", "-v: userproxy has no such option; did you mean --version? (userproxy --help)")]
    [InlineData("stop", "'stop': no such command; a run ends by Ctrl-C or SIGTERM, and follows its files by itself (userproxy --help)")]
    [InlineData("logs", "'logs': no such command; a run logs to its standard error (journalctl -u userproxy, kubectl logs) (userproxy --help)")]
    [InlineData("diagnose", "'diagnose': no such command; did you mean verify? (userproxy --help)")]
    [InlineData("run a.yaml", "'a.yaml': userproxy run takes no argument; did you mean --manifests a.yaml? (userproxy run --help)")]
    [InlineData("demo -f a.yaml", "-f: userproxy demo has no such option; did you mean --manifests? (userproxy demo --help)")]
    [InlineData("run --filename=a.yaml", "--filename=a.yaml: userproxy run has no such option; did you mean --manifests? (userproxy run --help)")]
    [InlineData(
        "migrate convert kube-proxy.conf",
        "'kube-proxy.conf': userproxy migrate convert takes no argument; did you mean --config kube-proxy.conf? (userproxy migrate convert --help)")]
    [InlineData("inspect 80 81", "'81': userproxy inspect takes no further argument (userproxy inspect --help)")]
    [InlineData("-ojson list", "-ojson: options go behind the command, userproxy list (userproxy list --help)")]
    [InlineData("--dail verify web", "--dail: options go behind the command, userproxy verify (userproxy verify --help)")]
    [InlineData("inspect svc web", "PORT: 'svc/web' is a Service; its addresses and ports, and who serves them: userproxy explain svc/web")]
    [InlineData("list web/", "'web/': expected [NAMESPACE/]NAME[:PORT]")]
    [InlineData("list -n shop demo/web", "'demo/web' is not in namespace shop (-n)")]
    [InlineData("list --watch -o json", "--watch: not with -o json")]
    [InlineData("version now", "'now': userproxy version takes no argument (userproxy version --help)")]
    [InlineData("run", "--manifests")]
    [InlineData("run --nope", "--nope")]
    [InlineData("run --manifests", "--manifests")]
    [InlineData("run --manifests /no/such/path", "/no/such/path")]
    [InlineData("run --config /no/such/file", "/no/such/file: cannot be read")]
    [InlineData("run --config /dev/zero", "/dev/zero: larger than 16 MiB")]
    [InlineData("run --drain-timeout 5x", "--drain-timeout: '5x' is not allowed here; expected a duration")]
    [InlineData("run --drain-timeout -5s", "from 0s")]
    [InlineData("run --drain-timeout 1s --drain-timeout 2s", "--drain-timeout")]
    [InlineData("run --threads 0", "--threads: '0' is not allowed here; expected a whole number from 1 to 1024")]
    [InlineData("run --threads many", "--threads")]
    [InlineData("run --transport quic", "expected one of auto, uring, epoll, sockets")]
    [InlineData("run --transport 1", "expected one of auto, uring, epoll, sockets")]
    [InlineData("run --scheduler best", "expected one of rr, wrr")]
    [InlineData("run --log-format xml", "expected one of text, json")]
    [InlineData("run --log-level loud", "--log-level: 'loud'")]
    [InlineData("run --node-name ", "--node-name")]
    [InlineData("run --node-port-addresses 10.0.0.1", "--node-port-addresses")]
    [InlineData("run --node-port-addresses primary,elsewhere", "neither a CIDR block nor one of primary, localhost, all")]
    [InlineData("run --access-log=maybe", "--access-log: 'maybe' is not allowed here; expected true, false, or a whole number to 1000000")]
    [InlineData("run --access-log=-1", "--access-log: '-1'")]
    [InlineData("run --access-log=1000001", "--access-log: '1000001'")]
    [InlineData("run --allow-loopback-endpoints=2", "expected true or false")]
    [InlineData("run --serve-label=", "--serve-label")]
    [InlineData("check", "Required argument")]
    [InlineData("cleanup --everything", "--everything")]
    [InlineData("cleanup now", "now")]
    [InlineData("list -o csv", "csv")]
    [InlineData("connections --client me", "--client: 'me' is no IP address")]
    [InlineData("connections --client 10.0.0.0/8", "--client: '10.0.0.0/8' is a range, and one address is asked for, as 10.0.0.0")]
    [InlineData("verify default/web --from localhost", "--from: 'localhost' is a name; 127.0.0.1 or ::1 is meant")]
    [InlineData("explain", "Required argument")]
    [InlineData("explain default/web --from me", "--from: 'me' is no IP address")]
    [InlineData("completion", "Required argument")]
    [InlineData("completion tcsh", "tcsh")]
    [InlineData("version -o xml", "xml")]
    [InlineData("inspect", "Required argument")]
    [InlineData("inspect http", "PORT: 'http' is a name, and a port is a whole number from 1 to 65535")]
    [InlineData("inspect 70000", "PORT: '70000'")]
    [InlineData("inspect 80 --address node-1", "--address: 'node-1' is not allowed here; expected an address")]
    [InlineData("inspect 80 --address 0.0.0.0", "--address: '0.0.0.0' stands for every address, which is what is looked at without --address")]
    [InlineData("inspect 80 --address ::", "--address: '::' stands for every address")]
    [InlineData("inspect 80 -o yaml", "yaml")]
    [InlineData("inspect 80 --all", "--all is every port: without PORT")]
    [InlineData("inspect --all --udp", "--udp goes with PORT, not with --all")]
    [InlineData("inspect --all --watch", "--watch goes with PORT, not with --all")]
    [InlineData("inspect 80 --diff x", "--diff goes with --all")]
    [InlineData("inspect 80 --probe", "--probe goes with --all")]
    [InlineData("inspect --all --manifests a --kubeconfig b", "exclude each other")]
    [InlineData("inspect --all --manifests /no/such/path", "/no/such/path")]
    [InlineData("inspect --all --dif x", "did you mean --diff?")]
    [InlineData("status now", "'now': userproxy status takes no argument")]
    [InlineData("status --timeout soon", "--timeout: 'soon' is not allowed here; expected a duration")]
    [InlineData("status -o yaml", "yaml")]
    [InlineData("statsu", "did you mean status?")]
    [InlineData("sysdmp", "did you mean sysdump?")]
    [InlineData("sysdump a b", "'b': userproxy sysdump takes no further argument")]
    [InlineData("runbook UserProxyWatchDwon", "'UserProxyWatchDwon': no such runbook; did you mean UserProxyWatchDown? (userproxy runbook lists them)")]
    [InlineData("runbook userproxydown", "'userproxydown': no such runbook; did you mean UserProxyWatchDown? (userproxy runbook lists them)")]
    [InlineData("runbook absnet", "'absnet': no such runbook; did you mean UserProxyAbsent? (userproxy runbook lists them)")]
    [InlineData("runbook frobnicate", "'frobnicate': no such runbook (userproxy runbook lists them)")]
    [InlineData("runbook UserProxyAbsent UserProxyWatchDown", "'UserProxyWatchDown': userproxy runbook takes no further argument")]
    [InlineData("migrate convrt", "'convrt': no such command; did you mean convert? (userproxy migrate --help)")]
    [InlineData("migrate convert --settings x", "--settings: userproxy migrate convert has no such option")]
    [InlineData("demo --port 0", "expected a whole number from 1 to 65535")]
    [InlineData("demo --port x", "--port")]
    [InlineData("demo --seconds 0", "--seconds")]
    public async Task Invoke_BadUsage_SaysWhyOnErrorAndExits64(string line, string why)
    {
        var cli = new Cli();

        // A trailing blank stands for an empty argument.
        string[] args = line.Length == 0 ? [] : line.Split(' ');
        int code = await cli.RunAsync(args);

        code.ShouldBe(ExitCode.BadUsage);
        cli.Error.ToString().ShouldContain(why);
        cli.Out.ToString().ShouldBeEmpty();
        if (!line.StartsWith("run", StringComparison.Ordinal)) cli.Error.ToString().Trim().Split('\n').ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("", "userproxy demo\n")]
    [InlineData("help", "userproxy demo\n")]
    [InlineData("help list", "userproxy list")]
    [InlineData("help migrate plan", "userproxy migrate plan")]
    [InlineData("migrate", "userproxy migrate")]
    public async Task Invoke_Nothing_OrHelp_PrintsHelp(string line, string usage)
    {
        var cli = new Cli();

        (await cli.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ShouldBe(ExitCode.Done);

        cli.Out.ToString().ShouldContain(usage);
        cli.Out.ToString().ShouldContain("Examples:");
        cli.Error.ToString().ShouldBeEmpty();
    }

    /// <summary>As in every manual page: what stands in square brackets may be left out, and nothing else may.</summary>
    [Theory]
    [InlineData("list", "list [[NS/]NAME...] [options]", "  [[NS/]NAME]  Services")]
    [InlineData("probe", "probe [ready|live] [options]", "  [ready|live]  ready")]
    [InlineData("inspect", "inspect [PORT] [options]", "  [PORT]  ")]
    [InlineData("explain", "explain <[NS/]NAME[:PORT]> [options]", "  <[NS/]NAME[:PORT]>  The Service")]
    [InlineData("check", "check <FILE>... [options]", "  <FILE>  ")]
    [InlineData("", "[command] [options]", "\n  list [[NS/]NAME]   ")]
    [InlineData("", "[command] [options]", "\n  check <FILE>   ")]
    [InlineData("", "[command] [options]", "\n  sysdump [FILE]   ")]
    public async Task Help_TellsWhatMayBeLeftOut(string command, string usage, string label)
    {
        var cli = new Cli();

        await cli.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        cli.Out.ToString().ShouldContain($" {usage}\n");
        cli.Out.ToString().ShouldContain(label);
    }

    [Fact]
    public async Task Run_SeveralMistakes_NamesThemAll()
    {
        var cli = new Cli().With("USERPROXY_SCHEDULER", "best");

        (await cli.RunAsync("run", "--threads", "0", "--drain-timeout", "5x")).ShouldBe(ExitCode.BadUsage);

        cli.Error.ToString().ShouldContain("--threads");
        cli.Error.ToString().ShouldContain("--drain-timeout");
        cli.Error.ToString().ShouldContain("USERPROXY_SCHEDULER: 'best'");
    }

    [Fact]
    public async Task Run_BadEnvironment_NamesTheVariable()
    {
        var cli = new Cli().With("USERPROXY_DRAIN_TIMEOUT", "soon");

        (await cli.RunAsync("run", "--manifests", "/")).ShouldBe(ExitCode.BadUsage);

        cli.Error.ToString().ShouldContain("USERPROXY_DRAIN_TIMEOUT: 'soon'");
    }

    [Theory]
    [InlineData("")]
    [InlineData("run")]
    [InlineData("demo")]
    [InlineData("check")]
    [InlineData("cleanup")]
    [InlineData("inspect")]
    [InlineData("list")]
    [InlineData("connections")]
    [InlineData("explain")]
    [InlineData("completion")]
    [InlineData("runbook")]
    [InlineData("migrate")]
    [InlineData("migrate plan")]
    [InlineData("migrate convert")]
    [InlineData("version")]
    [InlineData("help")]
    public async Task Help_OfEveryCommand_EndsWithExamples(string command)
    {
        var cli = new Cli();

        (await cli.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"])).ShouldBe(ExitCode.Done);

        cli.Out.ToString().ShouldContain("Examples:");
        cli.Out.ToString().ShouldContain($"userproxy {command}".TrimEnd());
        cli.Error.ToString().ShouldBeEmpty();
    }
}
