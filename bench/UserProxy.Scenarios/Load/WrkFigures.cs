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

    /// <summary>Connections refused, or cut.</summary>
    public long SocketErrors { get; init; }

    /// <summary>Requests without an answer for wrk's two seconds; whether it came later is not said.</summary>
    public long Timeouts { get; init; }

    /// <summary>Of another status than 200.</summary>
    public long WrongAnswers { get; init; }

    public string? Failure =>
        Requests == 0
            ? "not one answer in time"
            : SocketErrors + Timeouts + WrongAnswers == 0
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{SocketErrors} socket errors, {Timeouts} over 2 s and {WrongAnswers} wrong answers of {Requests}");
}
