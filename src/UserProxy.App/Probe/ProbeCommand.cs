using System.CommandLine;
using System.Net.Sockets;
using System.Text;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;

namespace UserProxy.App.Probe;

/// <summary>
/// <c>probe [ready|live]</c>: for a kubelet that runs it in the container. Ports cannot be asked while two Pods of a node hand over: either may answer.
/// </summary>
internal static class ProbeCommand
{
    private const string Examples = """
          userproxy probe
              whether the run beside it is ready; exit code 0: it is, 1: it is not, 69: none answers
          userproxy probe live
              whether it must not be started anew; a process that hands over is live and not ready
        """;

    private const string Ready = "ready", Live = "live";

    private const int LongestAnswer = 1024;

    private static readonly string Absent = $"there is no such socket. Is the run up, and was it given this {Settings.ProbeSocket.Flag}?";

    /// <summary>Within the 5 s that the chart gives a probe.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    public static Command Create(Surroundings surroundings)
    {
        var what = new Argument<string>("WHAT")
        {
            Description = "ready: it serves; live: it is not to be started anew.",
            HelpName = "ready|live",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = _ => Ready,
        };
        what.AcceptOnlyFromAmong(Ready, Live);
        var socket = new Option<string>(Settings.ProbeSocket.Flag)
        {
            Description = $"Of the run to ask, as it was given to it. Default: ${Settings.ProbeSocket.Variable}.",
            HelpName = "PATH",
        };
        var command = new DocumentedCommand(
            "probe", "Ask one process whether it is ready, or live: for the probes of a Pod. Exit code 0: it is; 1: it is not; 69: it does not answer.",
            Examples)
        {
            what, socket,
        };
        command.SetAction((parse, cancellation) => RunAsync(
            parse.GetValue(what) == Live, parse.GetValue(socket) ?? surroundings.Variable(Settings.ProbeSocket.Variable), surroundings, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(bool live, string? path, Surroundings surroundings, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(path))
        {
            await surroundings.ComplainAsync(
                $"probe: which run? give {Settings.ProbeSocket.Flag} or {Settings.ProbeSocket.Variable}, as to the run; userproxy status asks without");
            return ExitCode.BadUsage;
        }

        string text;
        try
        {
            text = await AskAsync(path, surroundings.Time, cancellation);
        }
        catch (Exception e) when (e is SocketException or ArgumentException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            string why = e is OperationCanceledException ? SocketFault.Hangs(pid: null) : SocketFault.Of(e, path, Absent);
            await surroundings.ComplainAsync(PrintedLine.Of($"no userproxy answers at {path}: {why}"));
            return ExitCode.Unreachable;
        }

        if (!ProbeAnswer.TryParse(text, out var answer))
        {
            await surroundings.ComplainAsync($"what answers at {path} is no userproxy");
            return ExitCode.Unreachable;
        }

        bool isSo = live ? answer.Value.IsLive : answer.Value.IsReady;
        surroundings.Out.WriteLine($"{(isSo ? "" : "not ")}{(live ? Live : Ready)}{(isSo ? "" : $": {answer.Value.Reason}")}");
        return isSo ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<string> AskAsync(string path, TimeProvider time, CancellationToken cancellation)
    {
        using var timer = new CancellationTokenSource(Patience, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellation);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), patience.Token);
        byte[] answer = new byte[LongestAnswer];
        int length = 0;
        while (length < answer.Length)
        {
            int read = await socket.ReceiveAsync(answer.AsMemory(length), SocketFlags.None, patience.Token);
            if (read == 0) break;
            length += read;
        }

        return Encoding.UTF8.GetString(answer, 0, length);
    }
}
