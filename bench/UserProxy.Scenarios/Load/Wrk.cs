using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Load;

/// <summary>wrk in the client's namespace: as many requests as the connections bear.</summary>
internal static partial class Wrk
{
    public static IReadOnlyList<string> Command(IPEndPoint address, string body, int connections, int seconds, bool close = false)
    {
        string[] words =
        [
            "wrk", "-t2", string.Create(CultureInfo.InvariantCulture, $"-c{connections}"), string.Create(CultureInfo.InvariantCulture, $"-d{seconds}s"),
                "--latency",
            .. close ? ["-H", "Connection: close"] : Array.Empty<string>(), $"http://{address}/{body}",
        ];
        // wrk has no fewer connections than threads.
        if (connections == 1) words[1] = "-t1";
        return words;
    }

    public static async Task<WrkFigures> RunAsync(TestBed bed, IReadOnlyList<string> command, int seconds, CancellationToken stop) =>
        Parse((await bed.RunAsync(bed.Client, TimeSpan.FromSeconds(seconds + 15), stop, command)).Expect("wrk"));

    internal static WrkFigures Parse(string text) => new()
    {
        RequestsPerSecond = Number(RateLine().Match(text).Groups[1].Value),
        Requests = (long)Number(CountLine().Match(text).Groups[1].Value),
        Seconds = Seconds(CountLine().Match(text).Groups[2].Value),
        Milliseconds = PercentileLine().Matches(text).ToDictionary(match => (int)Number(match.Groups[1].Value), match => Seconds(match.Groups[2].Value) * 1000),
        SocketErrors = ErrorsLine().Match(text) is { Success: true } errors
            ? errors.Groups.Values.Skip(1).SkipLast(1).Sum(group => (long)Number(group.Value))
            : 0,
        Timeouts = ErrorsLine().Match(text) is { Success: true } late ? (long)Number(late.Groups[4].Value) : 0,
        WrongAnswers = WrongLine().Match(text) is { Success: true } wrong ? (long)Number(wrong.Groups[1].Value) : 0,
    };

    private static double Number(string text) => double.TryParse(text, CultureInfo.InvariantCulture, out double number) ? number : double.NaN;

    private static double Seconds(string text) => text switch
    {
        [.. var number, 'u', 's'] => Number(number) / 1e6,
        [.. var number, 'm', 's'] => Number(number) / 1e3,
        [.. var number, 's'] => Number(number),
        [.. var number, 'm'] => Number(number) * 60,
        _ => double.NaN,
    };

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex RateLine();

    [GeneratedRegex(@"(\d+) requests in ([\d.]+\w+)")]
    private static partial Regex CountLine();

    [GeneratedRegex(@"\n\s+(\d+)%\s+([\d.]+\w+)")]
    private static partial Regex PercentileLine();

    [GeneratedRegex(@"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")]
    private static partial Regex ErrorsLine();

    [GeneratedRegex(@"Non-2xx or 3xx responses: (\d+)")]
    private static partial Regex WrongLine();
}
