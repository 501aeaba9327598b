using System.CommandLine;
using System.Globalization;
using UserProxy.App.CommandLine;

namespace UserProxy.App.Sysdump;

/// <summary><c>sysdump [FILE]</c>: everything that a report about this node should have, in one archive, and no secret.</summary>
internal static class SysdumpCommand
{
    private const string Examples = """
          sudo userproxy sysdump
              what the proxy, its listening sockets and the kernel say, as
              userproxy-sysdump-NODE-TIME.tar.gz in this folder
          userproxy sysdump --redact report.tar.gz
              names of Services, namespaces and nodes, and addresses, as hashes
          userproxy sysdump - > report.tar.gz
              to standard output, as over kubectl exec
        """;

    public static Command Create(Surroundings surroundings)
    {
        var file = new Argument<string?>("FILE")
        {
            Description = "Where to; '-' for standard output. Must not be there yet. Default: a name with the node and the time, in this folder.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var redact = new Option<bool>("--redact")
        {
            Description = "Names of namespaces, Services, nodes, zones, users and files, and addresses, become hashes: the same one all over this archive, and "
                + "another one in the next.",
        };
        var socket = AskingCommand.SocketOption();
        var command = new DocumentedCommand(
            "sysdump", "Gather status, Services, connections, metrics, settings, all listening sockets and facts of the kernel into one tar.gz. Exit code 0: "
                + "all of it; 1: some parts are missing, and it says which.", Examples)
        {
            file, redact, socket,
        };
        command.SetAction((parse, cancellation) => RunAsync(
            parse.GetValue(file), new DumpOptions(parse.GetValue(redact), parse.GetValue(socket)), surroundings, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string? file, DumpOptions options, Surroundings surroundings, CancellationToken cancellation)
    {
        if (file == "-" && surroundings.OutIsTerminal)
        {
            return await AskingCommand.RejectAsync(
                "sysdump -: an archive is not for a terminal: give it a file (userproxy sysdump FILE, or > FILE)", surroundings);
        }

        string path = file ?? DefaultName(options, surroundings);
        if (path != "-" && Exists(path)) return await AskingCommand.RejectAsync(PrintedLine.Of($"{path} is there already, and is not replaced"), surroundings);
        var dump = await new DumpMaker(options, surroundings).MakeAsync(cancellation);
        try
        {
            if (path == "-")
            {
                await using var output = surroundings.OpenOutput();
                await dump.WriteAsync(output, cancellation);
            }
            else
            {
                await WriteFileAsync(path, dump, cancellation);
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            await surroundings.ComplainAsync(PrintedLine.Of(path == "-" && e is IOException io
                ? FileFault.OfOutput(io)
                : $"{path} could not be written: {FileFault.Of(e, path)}; name another place: userproxy sysdump FILE"));
            return ExitCode.Failed;
        }

        bool isTold = path == "-" || await TryTellAsync(path, surroundings);
        var missing = dump.Missing.ToList();
        await surroundings.ComplainAsync([.. missing.Select(part => PrintedLine.Of($"without {part.Name}: {part.Why}"))]);
        return isTold && missing.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>For its owner alone from the first moment; never what a link leads to; and no half of one is left.</summary>
    private static async Task WriteFileAsync(string path, Dump dump, CancellationToken cancellation)
    {
        var create = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var stream = new FileStream(path, create);
        try
        {
            await dump.WriteAsync(stream, cancellation);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>The archive is there, whatever becomes of its name.</summary>
    private static async Task<bool> TryTellAsync(string path, Surroundings surroundings)
    {
        try
        {
            await surroundings.Out.WriteLineAsync(PrintedLine.Of(path));
            return true;
        }
        catch (IOException e)
        {
            await surroundings.ComplainAsync(PrintedLine.Of($"{path} is written. Its name is not on standard output: {FileFault.OfOutput(e)}"));
            return false;
        }
    }

    private static bool Exists(string path) => Path.Exists(path) || new FileInfo(path).LinkTarget is not null;

    private static string DefaultName(DumpOptions options, Surroundings surroundings)
    {
        string node = options.Redact ? "redacted"
            : string.Concat(surroundings.HostName.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' ? letter : '_'));
        return string.Create(CultureInfo.InvariantCulture, $"userproxy-sysdump-{node}-{surroundings.Time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}.tar.gz");
    }
}

/// <summary>What <c>sysdump</c> was asked.</summary>
/// <param name="Redact">Names and addresses as hashes.</param>
/// <param name="AdminSocket">Of the userproxy to ask; null for the usual one.</param>
internal sealed record DumpOptions(bool Redact, string? AdminSocket);
