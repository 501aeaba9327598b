using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Verify.Steps;

/// <summary>What the chains of this node do to a packet that is dropped by one, or may be.</summary>
/// <param name="Chain">The one that drops it.</param>
/// <param name="Rule">That does; null: the chain drops what no rule lets in.</param>
/// <param name="IsCertain">Else <see cref="Undecided"/> may let it in before, or the rule itself does not tell whom it meets.</param>
/// <param name="Undecided">Rules whose text does not tell, as listed; the first of them.</param>
/// <param name="IsReached">The packet comes to the chain for certain; else the rules that lead there are for some.</param>
internal sealed record Dropping(FilterChain Chain, string? Rule, bool IsCertain, IReadOnlyList<string> Undecided, bool IsReached);

/// <summary>
/// Follows a packet through the chains that filter it, rule by rule and jump by jump: what a firewall that lets in by default or not at all does to a port that
/// no rule names. For <see cref="NotShadowed"/>. Pure.
/// </summary>
internal sealed class Firewall
{
    /// <summary>Of jumps; the kernel allows 16.</summary>
    private const int Deepest = 16;

    /// <summary>Jumps may branch: beyond this many rules nothing is decided.</summary>
    private const int MostSteps = 20_000;

    /// <summary>More than anybody is shown.</summary>
    private const int MostUndecided = 20;

    private static readonly string[] Coming = ["prerouting", "input"], Going = ["output", "postrouting"];

    private readonly Packet _packet;
    private readonly ChainTable _table;
    private readonly List<string> _undecided = [];
    private (FilterChain Chain, string? Rule, bool IsReached)? _dropped, _perhapsDropped;

    /// <summary>Why it is not known whether the packet comes to the chain at all: the doubts of the jumps that lead there.</summary>
    private Doubt _within;
    private bool _mayPass;
    private int _steps;

    private Firewall(Packet packet, ChainTable table) => (_packet, _table) = (packet, table);

    private enum Fate
    {
        /// <summary>No rule has decided: the chain that jumped here goes on.</summary>
        Open,
        Accepted,
        Dropped,
    }

    /// <summary>What is dropped for certain comes first; null when it comes through.</summary>
    public static Dropping? Of(IReadOnlyList<ChainTable> tables, Packet packet)
    {
        var hooks = packet.IsAnswer ? Going : Coming;
        var all = (
            from table in tables
            where table.IsMetBy(packet)
            from chain in table.Hooks
            where chain.Hook is not null && hooks.Contains(chain.Hook)
            let dropping = new Firewall(packet, table).Follow(chain)
            select dropping).OfType<Dropping>().ToList();
        return all.Find(dropping => dropping.IsCertain) ?? (all.Count > 0 ? all[0] : null);
    }

    private Dropping? Follow(FilterChain hook)
    {
        var fate = Through(hook, 0);
        if (fate == Fate.Open && hook.DropsTheRest)
        {
            fate = Fate.Dropped;
            _dropped = (hook, null, true);
        }

        bool isCertain = fate == Fate.Dropped && !_mayPass;
        if ((fate == Fate.Dropped ? _dropped : _perhapsDropped) is not { } by) return null;
        return new Dropping(by.Chain, by.Rule, isCertain, _undecided, by.IsReached);
    }

    private Fate Through(FilterChain chain, int depth)
    {
        foreach (string rule in chain.Rules)
        {
            if (++_steps > MostSteps) break;
            foreach (var fit in RuleFit.Of(rule, _table.IsOfNft, _packet))
            {
                if (fit.Meets == Fit.No || fit.Verdict.Length == 0) continue;
                switch (fit.Verdict)
                {
                    case "accept" when fit.Meets == Fit.Yes:
                        return Fate.Accepted;
                    case "drop" when fit.Meets == Fit.Yes:
                        _dropped = (chain, rule, _within == Doubt.None);
                        return Fate.Dropped;
                    case "drop":
                        PerhapsDrop(chain, rule, fit.Because);
                        break;
                    case "return" when fit.Meets == Fit.Yes:
                        return Fate.Open;
                    case "jump" or "goto":
                        if (Jump(chain, rule, fit, depth) is { } fate) return fate;
                        break;
                    default:
                        MayPass(rule);
                        if (fit.Verdict == "unknown") PerhapsDrop(chain, rule, fit.Because);
                        break;
                }
            }
        }

        if (chain.IsCut || _steps > MostSteps) MayPass("(not all of its rules were read)");
        return Fate.Open;
    }

    /// <summary>Null: the next rule goes on.</summary>
    private Fate? Jump(FilterChain chain, string rule, RuleFit fit, int depth)
    {
        if (!_table.Chains.TryGetValue(fit.Target, out var target) || depth >= Deepest)
        {
            // What writes, marks or counts goes on; what queues or sends elsewhere does not. Of a table that was not read to its end it may be a chain.
            bool isChain = _table.IsOfNft || chain.IsCut || fit.Verdict == "goto" || depth >= Deepest;
            if (isChain || fit.Target is "NFQUEUE" or "QUEUE" or "TPROXY") MayPass(rule);
            return null;
        }

        bool isSure = fit.Meets == Fit.Yes;
        var (before, outer) = (_dropped, _within);
        _within |= fit.Because;
        var fate = Through(target, depth + 1);
        if (isSure) return fate != Fate.Open || fit.Verdict == "goto" ? fate : null;
        if (fate == Fate.Accepted || (fit.Verdict == "goto" && fate == Fate.Open)) MayPass(rule);
        if (fate == Fate.Dropped)
        {
            var by = _dropped!.Value;
            PerhapsDrop(by.Chain, by.Rule!, Doubt.None);
            _dropped = before;
        }

        _within = outer;
        return null;
    }

    private void MayPass(string rule)
    {
        _mayPass = true;
        if (_undecided.Count < MostUndecided && !_undecided.Contains(rule)) _undecided.Add(rule);
    }

    /// <summary>
    /// Most firewalls drop some clients, some states, some rates: that shuts no port. What a rule for this port, or a set of clients (fail2ban's), does to a
    /// client that is asked for is another matter.
    /// </summary>
    private void PerhapsDrop(FilterChain chain, string rule, Doubt doubt)
    {
        doubt |= _within;
        bool isAskedFor = _packet is { IsLocal: false, Client.Count: > 0 };
        var telling = Doubt.Ports | Doubt.Interface | (isAskedFor ? Doubt.Client : Doubt.None);
        bool tells = (isAskedFor && RuleReading.HasNumber(rule, _packet.Port)) || (doubt & ~telling) == 0;
        if (tells) _perhapsDropped ??= (chain, rule, _within == Doubt.None);
    }
}
