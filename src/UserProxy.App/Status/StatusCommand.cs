using System.CommandLine;
using System.Text.Json;
using UserProxy.App.CommandLine;
using UserProxy.App.Explain;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Kubernetes.Building;
using UserProxy.Model;
using UserProxy.Reading;

namespace UserProxy.App.Status;

/// <summary><c>status [--wait|--watch]</c>: is the running proxy ready and well? For people, for scripts, and for whatever must wait for it.</summary>
internal static class StatusCommand
{
    private const string Examples = """
          userproxy status
              ready or not, the source and its age, addresses that cannot be listened on, Services
              without a ready endpoint or with some that fail, and everything that is wrong now;
              exit code 0: the proxy is ready and well, which it may be while Pods are not
          userproxy status --wait --timeout 2m
              until it is ready: in a script that goes on when Services are served
          userproxy status -o json
        """;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public static Command Create(Surroundings surroundings)
    {
        var wait = new Option<bool>("--wait") { Description = "Until it is ready, for as long as --timeout says." };
        var timeout = new Option<string>("--timeout")
        {
            Description = "How long --wait waits at most, such as 30s",
            HelpName = "DURATION",
            DefaultValueFactory = _ => "1m",
        };
        // Uptime and ages are others each time: a pipe would get all of it again and again.
        var watch = new Option<bool>("--watch", "-w") { Description = "Redraw it every two seconds until Ctrl-C; on a terminal only." };
        var output = AskingCommand.OutputOption("text", "json");
        var socket = AskingCommand.SocketOption();
        var command = new DocumentedCommand(
            "status", "Say whether the running proxy is ready and well. Exit code 0: it is; 1: it is not ready, or something is wrong; 69: it does not answer.",
            Examples)
        {
            wait, timeout, watch, output, socket,
        };
        command.SetAction((parse, cancellation) =>
        {
            string text = parse.GetValue(timeout)!;
            if (!GoDuration.TryParse(text, out var limit) || limit < TimeSpan.Zero)
                return AskingCommand.RejectAsync(PrintedLine.Of($"--timeout: '{text}' is not allowed here; expected a duration such as 30s"), surroundings);
            bool json = parse.GetValue(output) == "json", watched = parse.GetValue(watch);
            if (watched && json) return AskingCommand.RejectAsync("--watch: not with -o json", surroundings);
            if (watched && parse.GetValue(wait)) return AskingCommand.RejectAsync("--watch and --wait: one of them", surroundings);
            if (watched && !surroundings.OutIsTerminal) return AskingCommand.RejectAsync("--watch: on a terminal only; --wait waits", surroundings);
            TimeSpan? patience = parse.GetValue(wait) ? limit : null;
            return AskingCommand.AskAsync(
                parse.GetValue(socket),
                surroundings,
                client => Watching.RunAsync(
                    watched, (output, stop) => PrintAsync(client, patience, json, output, surroundings, stop), surroundings, cancellation));
        });
        return command;
    }

    private static async Task<int> PrintAsync(
        AdminClient client, TimeSpan? patience, bool json, TextWriter output, Surroundings surroundings, CancellationToken cancellation)
    {
        using var answer = await AskAsync(client, patience, surroundings, cancellation);
        var status = client.Read(answer, AdminJson.Default.ProcessStatus);
        if (json) AskingCommand.WriteJson(output, answer.RootElement);
        else new StatusText(output, Screen.Of(surroundings)).Write(status, surroundings.Time.GetUtcNow());
        return IsWell(status) ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>Ready, and nothing is wrong but what is declared in a way that is worth a note.</summary>
    internal static bool IsWell(ProcessStatus status) =>
        status.Ready && status.Listeners.GetValueOrDefault("Failed") == status.FailedListeners.Count(IsLeft)
            && status.Followed.All(item => item.Trouble is null) && !status.Issues.Any(issue => !IsNote(issue));

    /// <summary>Of an address that is left to an endpoint, too.</summary>
    internal static bool IsNote(IssueItem issue) =>
        IssueReasons.IsNote(issue.Reason) || (issue.Reason == ServiceProblem.ListenFailed && BindFailure.IsLeft(issue.Message));

    /// <summary>To an endpoint of the Service, as it is meant to be.</summary>
    internal static bool IsLeft(FailedListenerItem failed) => BindFailure.IsLeft(failed.Reason);

    /// <summary>The first answer that says ready, or the last one before the time is up. One that does not answer yet is waited for, too.</summary>
    private static async Task<JsonDocument> AskAsync(AdminClient client, TimeSpan? patience, Surroundings surroundings, CancellationToken cancellation)
    {
        long began = surroundings.Time.GetTimestamp();
        while (true)
        {
            AdminException? refused = null;
            JsonDocument? answer = null;
            try
            {
                answer = await client.GetAsync("/v1/status", cancellation);
                if (patience is null || IsReady(answer)) return answer;
            }
            catch (AdminException e) when (patience is not null)
            {
                refused = e;
            }

            var rest = patience!.Value - surroundings.Time.GetElapsedTime(began);
            if (rest <= TimeSpan.Zero) return answer ?? throw refused!;
            answer?.Dispose();
            await Task.Delay(rest < Pause ? rest : Pause, surroundings.Time, cancellation);
        }
    }

    private static bool IsReady(JsonDocument answer) => answer.RootElement.TryGetProperty("ready", out var ready) && ready.ValueKind == JsonValueKind.True;
}
