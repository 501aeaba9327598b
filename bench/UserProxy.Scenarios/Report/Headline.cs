using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report;

/// <summary>What a run says, in one sentence: the first line of Markdown and page. It counts; which scenario says what is in the chart beside it.</summary>
internal static class Headline
{
    public static string Of(BenchReport report)
    {
        if (Glance.OwnPath(report) is not { } own) return "UserProxy did not take part in this run.";
        var lines = Glance.Of(report);
        string?[] parts =
        [
            Part("ahead of the best other proxy", lines.Select(line => line.Own?.OfBestPeer)),
            Part("ahead of kube-proxy's iptables rules", lines.Select(line => line.Own?.OfIptables)),
        ];
        string[] said = [.. parts.OfType<string>()];
        if (said.Length == 0) return $"{own.Title} ran alone: there is nothing to compare it with.";
        return $"{own.Title} is {string.Join("; it is ", said)}{(report.Repeats == 1 ? ", by one turn each, which tells nothing of the spread" : "")}.";
    }

    /// <summary>"ahead of WHOM in 3 of 5 scenarios, behind in 1 and level in 1"; null without any to compare.</summary>
    private static string? Part(string whom, IEnumerable<Ratio?> ratios)
    {
        var all = ratios.OfType<Ratio>().ToList();
        if (all.Count == 0) return null;
        int ahead = all.Count(ratio => ratio.IsAhead == true), behind = all.Count(ratio => ratio.IsAhead == false), level = all.Count - ahead - behind;
        return $"{whom} in {Figures.Tick(ahead)} of {Figures.Tick(all.Count)} {(all.Count == 1 ? "scenario" : "scenarios")}, behind in "
            + $"{Figures.Tick(behind)} and level in {Figures.Tick(level)}";
    }
}
