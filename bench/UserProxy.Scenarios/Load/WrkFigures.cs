using System.Globalization;

namespace UserProxy.Scenarios.Load;

/// <summary>What wrk has said.</summary>
internal sealed record WrkFigures
{
    public double RequestsPerSecond { get; init; }

    public long Requests { get; init; }

    public double Seconds { get; init; }

    /// <summary>By percentile: 50, 75, 90, 99.</summary>
    public required IReadOnlyDictionary<int, double> Milliseconds { get; init; }

    /// <summary>Connections refused, cut or timed out.</summary>
    public long SocketErrors { get; init; }

    /// <summary>Of another status than 200.</summary>
    public long WrongAnswers { get; init; }

    public string? Failure => Requests == 0 ? "not one answer in time" : SocketErrors + WrongAnswers == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{SocketErrors} socket errors and {WrongAnswers} wrong answers of {Requests}");
}
