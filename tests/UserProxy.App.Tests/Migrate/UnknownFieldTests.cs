using Microsoft.Extensions.Logging;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;
using UserProxy.App.Run;
using UserProxy.Model;

namespace UserProxy.App.Tests.Migrate;

/// <summary>A field of kube-proxy's file that nobody knows: everybody who reads the file says so, at the same place and in the same words.</summary>
public sealed class UnknownFieldTests : IDisposable
{
    private const string Text = """
        apiVersion: kubeproxy.config.k8s.io/v1alpha1
        kind: KubeProxyConfiguration
        mode: ipvs
        ipvs:
          shceduler: lc
        fieldOfTheFuture: 7

        """;

    private const string Unknown = "it is no field that is known here";
    private const string Meant = "did you mean ipvs.scheduler?";
    private const string LookUp = "look up what it does, and whether you need it";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Check_WarnsWithPlaceAndMeaning_Exits1()
    {
        string config = _folder.Write("config.conf", Text);
        var cli = new Cli();

        (await cli.RunAsync("check", config)).ShouldBe(ExitCode.Failed);

        cli.Out.ToString().ReplaceLineEndings("\n").ShouldBe($"""
            {config}:5: warning: ipvs.shceduler: {Unknown}; {Meant}
            {config}:6: warning: fieldOfTheFuture: {Unknown}; {LookUp}
            {config}: note: without meaning here and ignored: mode

            """.ReplaceLineEndings("\n"));
    }

    /// <summary>What is wrong beside it hides nothing.</summary>
    [Fact]
    public async Task Check_BesideAMistake_IsStillSaid()
    {
        var cli = new Cli();

        (await cli.RunAsync("check", _folder.Write("config.conf", $"{Text}nodePortAddresses: [ten]\n"))).ShouldBe(ExitCode.BadUsage);

        cli.Out.ToString().ShouldContain($"config.conf:5: warning: ipvs.shceduler: {Unknown}; {Meant}");
        cli.Out.ToString().ShouldContain("config.conf:7: nodePortAddresses: ");
    }

    [Fact]
    public void Run_WarnsInItsLogAndGoesOn()
    {
        var file = ConfigurationFile.Read(_folder.Write("config.conf", Text));
        var log = new Lines();

        NodeAgent.LogFile(log, file);

        RunOptionsReader.Apply(new RunOptions(), file.Values, file.Problems).Defaults.Scheduler.ShouldBe(SchedulerKind.RoundRobin);
        log.Written.ShouldBe(
        [
            $"Warning {file.Path}:5: ipvs.shceduler: {Unknown}; {Meant}",
            $"Warning {file.Path}:6: fieldOfTheFuture: {Unknown}; {LookUp}",
            $"Information {file.Path}: read as a kube-proxy configuration; without meaning here and ignored: mode",
        ]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Plan_NeedsADecision_Exits1(bool isInAConfigMap)
    {
        var (config, origin) = Saved(isInAConfigMap);
        string services = _folder.Write("services.yaml", Manifests.Service("web", 30001));
        var cli = new Cli();

        (await cli.RunAsync("migrate", "plan", "--no-node-checks", "--manifests", services, "--config", config)).ShouldBe(ExitCode.Failed);

        string text = cli.Out.ToString().ReplaceLineEndings("\n");
        text.ShouldMatch($@"  ! ipvs\.shceduler: lc +{Unknown}\n      > did you mean ipvs\.scheduler\? \(");
        text.ShouldContain($"      > {Meant} ({origin}:5)\n");
        text.ShouldContain($"      > {LookUp} ({origin}:6)\n");
        text.ShouldContain("2 findings need a decision.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Convert_LeavesItToAPerson_Exits1(bool isInAConfigMap)
    {
        var (config, origin) = Saved(isInAConfigMap);
        var cli = new Cli();

        (await cli.RunAsync("migrate", "convert", "--config", config)).ShouldBe(ExitCode.Failed);

        cli.Error.ToString().ShouldContain($"{origin}:5: ipvs.shceduler: lc is not converted: {Unknown}; {Meant}");
        cli.Error.ToString().ShouldContain($"{origin}:6: fieldOfTheFuture: 7 is not converted: {Unknown}; {LookUp}");
    }

    private (string Path, string Origin) Saved(bool isInAConfigMap)
    {
        if (!isInAConfigMap)
        {
            string file = _folder.Write("config.conf", Text);
            return (file, file);
        }

        string inner = string.Concat(Text.ReplaceLineEndings("\n").TrimEnd().Split('\n').Select(line => $"    {line}\n"));
        string path = _folder.Write("saved.yaml", $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: kube-proxy}}\ndata:\n  config.conf: |\n{inner}");
        return (path, $"{path} (ConfigMap kube-proxy, config.conf)");
    }

    private sealed class Lines : ILogger
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add($"{logLevel} {formatter(state, exception)}");
    }
}
