using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Rules;

/// <summary>
/// Follows the packets of a connection through the chains of this node, rule by rule and jump by jump, with the marks that rules write: what a firewall that
/// lets in by default or not at all does to a port that no rule names. Pure.
/// </summary>
internal sealed class Firewall
{
    /// <summary>Of jumps; the kernel allows 16.</summary>
    private const int Deepest = 16;

    /// <summary>Jumps may branch: beyond this many rules of one base chain nothing is decided.</summary>
    private const int MostSteps = 20_000;

    /// <summary>Where conntrack hangs: later nobody can keep it away.</summary>
    private const int Conntrack = -200;

    /// <summary>More than anybody is shown.</summary>
    private const int MostUndecided = 20;

    private readonly ChainTable _table;
    private readonly List<string> _undecided = [];
    private (FilterChain Chain, string? Rule, bool IsReached)? _dropped, _perhapsDropped;
    private Packet _packet;

    /// <summary>Why it is not known whether the packet comes to the chain at all: the doubts of the jumps that lead there.</summary>
    private Doubt _within;
    private bool _mayPass, _isBeforeConntrack, _isOfNat;
    private int _steps;

    private Firewall(Packet packet, ChainTable table) => (_packet, _table) = (packet, table);

    private enum Fate
    {
        /// <summary>No rule has decided: the chain that jumped here goes on.</summary>
        Open,
        Accepted,
        Dropped,
    }

    /// <summary>What is dropped for certain comes first; null when all of the connection comes through.</summary>
    public static Dropping? Of(IReadOnlyList<ChainTable> tables, Connection connection)
    {
        var hooks = (
            from table in tables
            where table.IsMetBy(connection)
            from chain in table.Hooks
            orderby chain.Priority
            select (Table: table, Chain: chain)).ToList();
        Dropping? perhaps = null;
        var connectionMark = default(Mark);
        foreach (var kind in Enum.GetValues<PacketKind>())
        {
            // Nothing tells one datagram from the next.
            if (kind > PacketKind.Later && connection.Protocol != TransportProtocol.Tcp) break;
            var packet = new Packet(connection, kind, "") { ConnectionMark = connectionMark };
            foreach (string hook in Packet.HooksOf(connection, kind))
            {
                foreach (var (table, chain) in hooks.Where(one => one.Chain.Hook == hook && (kind == PacketKind.First || !one.Chain.IsOfNat)))
                {
                    var walk = new Firewall(packet with { Hook = hook }, table);
                    var dropping = walk.Follow(chain);
                    // It may be of another interface.
                    if (hook == Packet.Ingress) dropping = dropping is null ? null : dropping with { IsCertain = false };
                    if (dropping is { IsCertain: true }) return dropping;
                    perhaps ??= dropping;
                    packet = walk._packet;
                }
            }

            connectionMark = packet.ConnectionMark;
        }

        return perhaps;
    }

    private Dropping? Follow(FilterChain hook)
    {
        (_isBeforeConntrack, _isOfNat) = (hook.Priority < Conntrack, hook.IsOfNat);
        var fate = Through(hook, 0);
        if (fate == Fate.Open && hook.DropsTheRest)
        {
            fate = Fate.Dropped;
            _dropped = (hook, null, true);
        }

        bool isCertain = fate == Fate.Dropped && !_mayPass;
        if ((fate == Fate.Dropped ? _dropped : _perhapsDropped) is not { } by) return null;
        return new Dropping(_packet.Kind, by.Chain, by.Rule, isCertain, _undecided, by.IsReached);
    }

    private Fate Through(FilterChain chain, int depth)
    {
        foreach (string rule in chain.Rules)
        {
            if (_steps > MostSteps) break;
            // A map is many of them.
            foreach (var fit in RuleFit.Of(rule, _table.IsOfNft, _packet, chain.Sets).TakeWhile(_ => ++_steps <= MostSteps))
            {
                Write(fit);
                if (fit.Meets == Fit.No || fit.Verdict.Length == 0) continue;
                switch (fit.Verdict)
                {
                    case "accept" or "nat" when fit.Meets == Fit.Yes:
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

        if (chain.IsCut || _steps > MostSteps)
        {
            const string more = "(not all of its rules were read)";
            MayPass(more);
            // Rules of NAT are many beside kube-proxy, and drop nothing.
            if (!_isOfNat) _perhapsDropped ??= (chain, more, _within == Doubt.None);
        }

        return Fate.Open;
    }

    /// <summary>Null: the next rule goes on.</summary>
    private Fate? Jump(FilterChain chain, string rule, RuleFit fit, int depth)
    {
        if (!_table.Chains.TryGetValue(fit.Target, out var target) || depth >= Deepest)
        {
            // What writes or counts goes on. Of a table that was not read to its end it may be a chain.
            bool isChain = _table.IsOfNft || chain.IsCut || fit.Verdict == "goto" || depth >= Deepest;
            if (isChain) MayPass(rule);
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

    /// <summary>What the packet has after the rule; where that is not certain, either.</summary>
    private void Write(RuleFit fit)
    {
        bool isReached = _within == Doubt.None && !_mayPass;
        foreach (var (meets, change) in fit.Changes)
        {
            if (meets == Fit.No) continue;
            var old = change.WritesConnection ? _packet.ConnectionMark : _packet.Mark;
            var changed = change.After(_packet.Mark, _packet.ConnectionMark);
            var mark = meets == Fit.Yes && isReached ? changed : old.Or(changed);
            _packet = change.WritesConnection ? _packet with { ConnectionMark = mark } : _packet with { Mark = mark };
        }

        if (_isBeforeConntrack && fit is { StopsTracking: true, Meets: not Fit.No } && _packet.IsUntracked != Fit.Yes)
            _packet = _packet with { IsUntracked = fit.Meets == Fit.Yes && isReached ? Fit.Yes : Fit.Perhaps };
    }

    private void MayPass(string rule)
    {
        _mayPass = true;
        if (_undecided.Count < MostUndecided && !_undecided.Contains(rule)) _undecided.Add(rule);
    }

    /// <summary>Most firewalls drop some clients (fail2ban's): that shuts no port, unless a client is asked for.</summary>
    private void PerhapsDrop(FilterChain chain, string rule, Doubt doubt)
    {
        bool isOfSome = (doubt | _within).HasFlag(Doubt.Client) && _packet.Connection is { Way: Way.Local } or { Clients.Count: 0 };
        if (!isOfSome) _perhapsDropped ??= (chain, rule, _within == Doubt.None);
    }
}
