using System.CommandLine;
using System.Text.Json;
using UserProxy.App.Configuration;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;

namespace UserProxy.App.CommandLine;

/// <summary>
/// What the commands that ask a running proxy have in common: where it is, what to do without an answer, and which Services there are to complete.
/// </summary>
internal static class AskingCommand
{
    private const string SocketVariable = "USERPROXY_ADMIN_SOCKET";

    /// <summary>A shell waits for completions.</summary>
    private static readonly TimeSpan CompletionPatience = TimeSpan.FromMilliseconds(500);

    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    public static Option<string> SocketOption() => new("--admin-socket")
    {
        Description = "Of the userproxy to ask, as it was given to its run. Default: $USERPROXY_ADMIN_SOCKET, else as for run.",
        HelpName = "PATH",
    };

    public static Option<string> OutputOption(params string[] formats)
    {
        var option = new Option<string>("--output", "-o")
        {
            Description = string.Join(", ", formats),
            HelpName = "FORMAT",
            DefaultValueFactory = _ => formats[0],
        };
        option.AcceptOnlyFromAmong(formats);
        return option;
    }

    public static Argument<string[]> ServicesArgument(string description, Surroundings surroundings)
    {
        var argument = new Argument<string[]>("[NS/]NAME") { Description = description, HelpName = "[NS/]NAME", Arity = ArgumentArity.ZeroOrMore };
        argument.CompletionSources.Add(_ => Completions(surroundings));
        return argument;
    }

    public static Option<string> NamespaceOption() => new("--namespace", "-n")
    {
        Description = "Only Services of this namespace. Default: all.",
        HelpName = "NS",
    };

    public static Option<bool> AllNamespacesOption() => new("--all-namespaces", "-A") { Description = "All namespaces, which is the default too." };

    public static Option<bool> WatchOption() => new("--watch", "-w") { Description = "Go on until Ctrl-C: redrawn on a terminal, else printed when changed." };

    public static Option<string> SortOption() => new("--sort-by")
    {
        Description = "A column of the table by its header, such as name or active; numbers from the largest.",
        HelpName = "COLUMN",
    };

    /// <summary>Sorted as was asked.</summary>
    /// <exception cref="AdminException">There is no such column.</exception>
    public static TextTable Sorted(this TextTable table, string? column) => column is null || table.SortBy(column)
        ? table
        : throw new AdminException($"--sort-by: no column {column}; there is {string.Join(", ", table.Columns)}", ExitCode.BadUsage);

    /// <summary>Makes the text of an option or argument complete to the names of the Services that are served now.</summary>
    public static Argument<string> CompletesServices(this Argument<string> argument, Surroundings surroundings)
    {
        argument.CompletionSources.Add(_ => Completions(surroundings));
        return argument;
    }

    /// <inheritdoc cref="CompletesServices(Argument{string}, Surroundings)"/>
    public static Option<string> CompletesServices(this Option<string> option, Surroundings surroundings)
    {
        option.CompletionSources.Add(_ => Completions(surroundings));
        return option;
    }

    /// <summary>Asks; what keeps it from an answer is said on standard error, and decides the exit code.</summary>
    public static Task<int> AskAsync(string? socket, Surroundings surroundings, Func<AdminClient, Task> ask) =>
        AskAsync(
            socket,
            surroundings,
            async client =>
            {
                await ask(client);
                return ExitCode.Done;
            });

    /// <summary>As the other, with the exit code of an answer that there was.</summary>
    public static async Task<int> AskAsync(string? socket, Surroundings surroundings, Func<AdminClient, Task<int>> ask)
    {
        try
        {
            using var client = ClientFor(socket, surroundings);
            return await ask(client);
        }
        catch (AdminException e)
        {
            await surroundings.ComplainAsync(e.Message);
            return e.Code;
        }
    }

    /// <summary>Bad usage that the parser does not see.</summary>
    public static async Task<int> RejectAsync(string message, Surroundings surroundings)
    {
        await surroundings.ComplainAsync(message);
        return ExitCode.BadUsage;
    }

    /// <summary>Why <paramref name="typed"/>, which is no address, is none, and what to type instead.</summary>
    /// <param name="option">As <c>--from</c>.</param>
    /// <param name="typed">What it was given.</param>
    public static string NoAddress(string option, string typed) => typed switch
    {
        "localhost" => $"{option}: 'localhost' is a name; 127.0.0.1 or ::1 is meant",
        _ when typed.Split('/') is [var first, _] && AddressText.TryParse(first, out _) =>
            $"{option}: '{typed}' is a range, and one address is asked for, as {first}",
        _ => $"{option}: '{typed}' is no IP address",
    };

    /// <summary>With every field that the proxy sent, also those of a later version than this client's.</summary>
    public static void WriteJson(TextWriter output, JsonElement json)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Indented)) json.WriteTo(writer);
        output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    /// <summary>Where the proxy to ask is, and whether the user has said so.</summary>
    public static (string Path, bool IsNamed) SocketPath(string? socket, Surroundings surroundings)
    {
        string? path = string.IsNullOrEmpty(socket) ? surroundings.Variable(SocketVariable) : socket;
        return string.IsNullOrEmpty(path) ? (RunOptionsReader.DefaultAdminSocket(surroundings), false) : (Path.GetFullPath(path), true);
    }

    private static AdminClient ClientFor(string? socket, Surroundings surroundings) =>
        new(SocketPath(socket, surroundings).Path, surroundings.IsRoot, countLeft: surroundings.CountLeftRoutes);

    /// <summary>The Services that are served now.</summary>
    public static IEnumerable<System.CommandLine.Completions.CompletionItem> Completions(Surroundings surroundings) =>
        ServiceNames(surroundings).Select(name => new System.CommandLine.Completions.CompletionItem(name));

    /// <summary>Nothing when no proxy answers soon: a completion has nowhere to complain.</summary>
    private static IReadOnlyList<string> ServiceNames(Surroundings surroundings)
    {
        // The library asks synchronously, on a process that does nothing else.
        return Task.Run(ServiceNamesAsync).GetAwaiter().GetResult();

        async Task<IReadOnlyList<string>> ServiceNamesAsync()
        {
            using var patience = new CancellationTokenSource(CompletionPatience);
            try
            {
                using var client = ClientFor(null, surroundings);
                using var answer = await client.GetAsync("/v1/services", patience.Token);
                return [.. client.Read(answer, AdminJson.Default.ServiceList).Services.Select(service => $"{service.Namespace}/{service.Name}").Distinct()];
            }
            catch (Exception e) when (e is AdminException or OperationCanceledException)
            {
                return [];
            }
        }
    }
}
