using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace UserProxy.Scenarios.Paths;

/// <summary>The process behind <see cref="UserspacePath"/>: a <see cref="UserspaceRelay"/> for each Service, on ports that its first line tells.</summary>
internal static class UserspaceCommand
{
    public const string Name = "userspace-relay";

    /// <summary>Before the ports in the line that says that all of them listen.</summary>
    public const string Ready = "listening";

    /// <param name="services">Each "address:port,address:port": its endpoints.</param>
    public static async Task<int> RunAsync(IEnumerable<string> services)
    {
        var listeners = new List<Socket>();
        var loops = new List<Task>();
        foreach (string service in services)
        {
            var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Any, 0));
            listener.Listen(4096); // Go's backlog is the machine's somaxconn
            listeners.Add(listener);
            loops.Add(new UserspaceRelay([.. service.Split(',').Select(IPEndPoint.Parse)]).AcceptLoopAsync(listener));
        }

        Console.WriteLine($"{Ready} {string.Join(' ', listeners.Select(listener => Text(((IPEndPoint)listener.LocalEndPoint!).Port)))}");
        await Task.WhenAll(loops);
        return 0;
    }

    /// <summary>The ports, in the order of the Services; null until it listens.</summary>
    public static IReadOnlyList<int>? PortsOf(string output) =>
        output.Split('\n')[..^1].FirstOrDefault(line => line.StartsWith(Ready + " ", StringComparison.Ordinal)) is { } line
            ? [.. line.Split(' ').Skip(1).Select(port => int.Parse(port, CultureInfo.InvariantCulture))]
            : null;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
