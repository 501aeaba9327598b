using System.Globalization;
using System.Net;
using System.Text.Json;
using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Load;

/// <summary>iperf3 in the client's namespace: bytes as fast as they go.</summary>
internal static class Iperf
{
    public static IReadOnlyList<string> Command(IPEndPoint address, int streams, int seconds, bool toClient) =>
    [
        "iperf3", "-c", address.Address.ToString(), "-p", Text(address.Port), "-t", Text(seconds), "-P", Text(streams), "-J", .. toClient
            ? ["-R"]
            : Array.Empty<string>(),
    ];

    /// <summary>Bytes and the seconds that they took, as the receiver counted them.</summary>
    public static async Task<(double Bytes, double Seconds)> RunAsync(TestBed bed, IReadOnlyList<string> command, int seconds, CancellationToken stop)
    {
        for (int attempt = 1; ; attempt++)
        {
            var answer = await bed.RunAsync(bed.Client, TimeSpan.FromSeconds(seconds + 15), stop, command);
            // Its server takes one test at a time, and a proxy may not yet have told it that the one before has ended.
            if (answer.ExitCode != 0 && attempt < 10 && answer.Text.Contains("busy", StringComparison.Ordinal))
            {
                await Task.Delay(200, stop);
                continue;
            }

            using var json = JsonDocument.Parse(answer.Expect("iperf3"));
            // A test that was cut ends with 0 all the same, and says why.
            if (!json.RootElement.TryGetProperty("end", out var end) || !end.TryGetProperty("sum_received", out var received))
            {
                throw new InvalidDataException(
                    $"iperf3 gave no sum: {(json.RootElement.TryGetProperty("error", out var error) ? error.GetString() : "the test was cut")}");
            }

            return (received.GetProperty("bytes").GetDouble(), received.GetProperty("seconds").GetDouble());
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
