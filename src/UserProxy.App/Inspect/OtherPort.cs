using System.Globalization;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Inspect;

/// <summary>
/// Who has the port of the same number in the other protocol. TCP and UDP on one number are two ports, and who asks for DNS may have thought of the other one.
/// Asked by <see cref="InspectRun"/> where nobody has the port that it was asked for. Pure.
/// </summary>
/// <param name="Facts">Of the other port, without a test connection.</param>
/// <param name="Served">What the running userproxy says of it; null without one.</param>
internal sealed record OtherPort(PortFacts Facts, ServedPort? Served)
{
    private const int MostNamed = 3;

    /// <summary><c>TCP</c> or <c>UDP</c>.</summary>
    public string Name => Facts.Question.Protocol == TransportProtocol.Tcp ? "TCP" : "UDP";

    /// <summary>Those that take any client: not a client's own end.</summary>
    public IEnumerable<SocketRow> Sockets => Facts.After.Where(row =>
        (Facts.Question.Protocol == TransportProtocol.Tcp ? row.State == SocketState.Listen : row.Remote.Port == 0)
            && (Facts.Question.Address is not { } asked || row.Takes(asked)));

    public bool IsThere => Sockets.Any() || Services.Any();

    /// <summary>The Services for which the running userproxy has it.</summary>
    public IEnumerable<string> Services => (Served?.Listeners ?? []).Select(served => served.Service).Distinct();

    /// <summary>Which shows it.</summary>
    public string Command => string.Create(
        CultureInfo.InvariantCulture,
        $"userproxy inspect {Facts.Question.Port}{(Name == "UDP" ? " --udp" : "")}"
            + $"{(Facts.Question.Address is { } asked ? $" --address {asked}" : "")}");

    /// <summary>Nobody was found, and no Service of the running userproxy is to be there.</summary>
    public static bool IsWorthALook(PortFacts facts, ServedPort? served, Judgement judgement) =>
        judgement.Verdict is Verdict.None or Verdict.Filtered && served is not { Listeners.Count: > 0 }
            && !facts.After.Any(row => row.State is SocketState.Listen && (facts.Question.Address is not { } asked || row.Takes(asked)));

    public static PortQuestion QuestionBeside(PortQuestion question) => question with
    {
        Protocol = question.Protocol == TransportProtocol.Tcp ? TransportProtocol.Udp : TransportProtocol.Tcp,
        Probe = false,
    };

    public Judgement AddTo(Judgement judgement) => judgement with
    {
        Other = this,
        Remarks = [Sentence(), .. judgement.Remarks],
        NextSteps = [$"Ask for the {Name} port, if that was meant: {Command}", .. judgement.NextSteps],
    };

    private string Sentence()
    {
        string another = string.Create(CultureInfo.InvariantCulture, $"The {Name} port {Facts.Question.Port} is another port");
        if (Services.Any()) return $"{another}: the running userproxy has it for {string.Join(", ", Services)}.";
        var holders = Sockets.Select(row => $"{Words.Owner(Facts, row)} has {row.Local} {(Name == "UDP" ? "bound" : "open")}").Distinct().ToList();
        string more = holders.Count > MostNamed ? string.Create(CultureInfo.InvariantCulture, $" and {holders.Count - MostNamed} more") : "";
        return $"{another}: {string.Join(", ", holders.Take(MostNamed))}{more}.";
    }
}
