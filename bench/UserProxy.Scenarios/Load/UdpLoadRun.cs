using System.Globalization;
using System.Net;
using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Load;

/// <summary>UserProxy.UdpLoad in the client's namespace: DNS queries, each answer checked, with client ports that stay or change.</summary>
internal static class UdpLoadRun
{
    /// <param name="address">Where.</param>
    /// <param name="seconds">Measured.</param>
    /// <param name="clients">Sockets at one time.</param>
    /// <param name="queriesPerPort">After so many a client takes a new port; 0 for never.</param>
    /// <param name="rate">Queries a second; 0 for as fast as answers come.</param>
    public static IReadOnlyList<string> Command(IPEndPoint address, int seconds, int clients, int queriesPerPort, int rate = 0) =>
    [
        Path.Combine(AppContext.BaseDirectory, "UserProxy.UdpLoad"), "--server", address.ToString(), "--sources", TestBed.ClientIPs, "--seconds", Text(seconds),
            "--clients", Text(clients),
        "--outstanding", "200", "--queries-per-port", Text(queriesPerPort),
        "--rate", Text(rate),
    ];

    /// <summary>Figures by name, as it prints them.</summary>
    public static async Task<IReadOnlyDictionary<string, double>> RunAsync(TestBed bed, IReadOnlyList<string> command, int seconds, CancellationToken stop) =>
        Parse((await bed.RunAsync(bed.Client, TimeSpan.FromSeconds(seconds + 15), stop, command)).Expect("UserProxy.UdpLoad"));

    internal static IReadOnlyDictionary<string, double> Parse(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).Where(words => words.Length == 2)
            .ToDictionary(words => words[0], words => double.Parse(words[1], CultureInfo.InvariantCulture));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
