using System.Net;

namespace UserProxy.App.Servers.Http;

/// <summary>What a <see cref="RetriedListener"/> does, besides its log line, when its address cannot be had or has been lost.</summary>
/// <param name="Report">Told why, once each time.</param>
/// <param name="EndProcess">
/// Null: the address is tried again. Else a hard failure was asked for: it is not, and this ends the process when it is lost later.
/// </param>
internal sealed record OnBindFailure(Action<string> Report, Action? EndProcess)
{
    public static OnBindFailure TryAgain { get; } = new(_ => { }, EndProcess: null);

    /// <summary>Told what is wrong with an address now; null when it is served as a whole.</summary>
    public Action<EndPoint, string?> SetIssue { get; init; } = (_, _) => { };

    public void ReportAt(EndPoint address, string why)
    {
        SetIssue(address, why);
        Report(why);
    }
}
