using System.Globalization;
using System.Net;
using System.Text.Json;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>
/// The words of agnhost's netexec, which is what runs in the Pods of a run: what is asked of it, over HTTP or UDP, and how its <c>/dial</c> tells what it was
/// answered when it asked somebody else. Used by <see cref="PodTestbed"/>.
/// </summary>
internal static class Netexec
{
    public const string HostName = "hostname", ClientIP = "clientip";

    /// <summary>What tells what the cases want to know of a port.</summary>
    public static string RequestFor(Target target) => target.PodPort == PodServers.Source ? ClientIP : HostName;

    public static string EchoOf(Target target, string text) => target.IsUdp ? $"echo {text}" : $"echo?msg={text}";

    /// <summary>The arguments of a container that answers at one port of both protocols.</summary>
    /// <param name="port">The port.</param>
    /// <param name="answer">What it answers to every request over HTTP, whatever that is; null for what was asked.</param>
    public static List<string> Arguments(int port, string? answer = null)
    {
        List<string> arguments =
            ["netexec", string.Create(CultureInfo.InvariantCulture, $"--http-port={port}"), string.Create(CultureInfo.InvariantCulture, $"--udp-port={port}")];
        if (answer is not null) arguments.Add($"--http-override=/echo?msg={answer}");
        return arguments;
    }

    /// <summary>The path by which a Pod asks somebody else.</summary>
    public static string DialOf(Target target, string request) => string.Create(
        CultureInfo.InvariantCulture,
        $"dial?host={target.Address}&port={target.Port}&protocol={(target.IsUdp ? "udp" : "http")}&request={Uri.EscapeDataString(request)}&tries=1");

    /// <summary>What was answered to a dial, or how it failed.</summary>
    public static string AnswerIn(string dialled)
    {
        using var json = JsonDocument.Parse(dialled);
        if (First(json, "responses") is { Length: > 0 } response) return response;
        string error = First(json, "errors") ?? "an empty answer";
        // The words of Go's net package.
        return error.Contains("connection refused", StringComparison.Ordinal) ? Host.Refused
            : error.Contains("connection reset", StringComparison.Ordinal) ? Host.Reset
            : error.Contains("timeout", StringComparison.OrdinalIgnoreCase) || error.Contains("deadline exceeded", StringComparison.Ordinal) ? Host.Silence
            : error;
    }

    /// <summary>Without the client's port, where that is the answer.</summary>
    public static string WithoutPort(string answer) =>
        IPEndPoint.TryParse(answer, out var seen) && answer.Contains(':', StringComparison.Ordinal) ? seen.Address.ToString() : answer;

    /// <summary>The same question by a client of this machine.</summary>
    public static async Task<string> AskAsync(Host from, Target target, string request)
    {
        if (!target.IsUdp) return await HttpProbe.ReadAsync(from, target.Address, target.Port, $"/{request}");
        using var client = Connect(from, target, request);
        return await client.AskAsync(TimeSpan.FromSeconds(1));
    }

    /// <summary>A UDP client of this machine that keeps its port.</summary>
    public static DatagramClient Connect(Host from, Target target, string request)
    {
        var client = DatagramClient.Connect(from, target.Address, target.Port);
        client.Question = request;
        return client;
    }

    private static string? First(JsonDocument json, string name) =>
        json.RootElement.TryGetProperty(name, out var all) && all.GetArrayLength() > 0 ? all[0].GetString() : null;
}
