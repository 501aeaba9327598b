using System.Globalization;
using System.Text.RegularExpressions;
using UserProxy.App.Tests;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.HandOver;

/// <summary>A process of a <see cref="HandOverNode"/> under played-systemd.py, which keeps its listening sockets and starts it again after a crash.</summary>
internal sealed partial class PlayedSystemd
{
    private static readonly string Script = Path.Combine(Repository.Root, "tests/UserProxy.FunctionalTests/HandOver/played-systemd.py");

    private PlayedSystemd(HandOverRun run) => Run = run;

    /// <summary>Its log is that of both.</summary>
    public HandOverRun Run { get; }

    public int Pid => Number(Started(), Run.Log);

    public int Kept => Number(Keeps(), Run.Log);

    public int Starts => Started().Count(Run.Log);

    /// <param name="node">Where.</param>
    /// <param name="transport">Of the process.</param>
    /// <param name="pause">Before it is started again, in seconds.</param>
    /// <param name="most">Descriptors that are kept.</param>
    /// <param name="more">Arguments of the process.</param>
    public static PlayedSystemd Start(HandOverNode node, TransportKind transport, double pause = 0.1, int most = 100, params string[] more)
    {
        Tool.SkipUnlessInstalled("python3");
        string[] prefix =
        [
            "python3", Script, Path.Combine(node.Folder, "notify"), most.ToString(CultureInfo.InvariantCulture), pause.ToString(CultureInfo.InvariantCulture),
        ];
        return new(node.StartBehind(prefix, transport, more));
    }

    /// <summary>Serves, says so, and has what listens kept.</summary>
    public async Task ServesAsync(int kept)
    {
        await Run.SaysAsync("UserProxy.App[501]");
        await Eventually.IsTrue(() => Kept == kept, $"{kept} sockets are kept: {Run.Log}");
    }

    public Task HoldAsync() => StoppedProcess.HoldAsync(Pid);

    public Task GoOnAsync() => StoppedProcess.GoOnAsync(Pid);

    /// <summary>systemctl restart.</summary>
    public Task RestartAsync() => Run.Process.SignalAsync("USR1");

    public Task KillAsync() => Tool.RunAsync("kill", "-KILL", Pid.ToString(CultureInfo.InvariantCulture));

    private static int Number(Regex line, string log) =>
        line.Matches(log) is [.., var last] ? int.Parse(last.Groups[1].Value, CultureInfo.InvariantCulture) : -1;

    [GeneratedRegex(@"systemd: started (\d+)")]
    private static partial Regex Started();

    [GeneratedRegex(@"systemd: keeps (\d+)")]
    private static partial Regex Keeps();
}
