using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Rules;

/// <summary>
/// Follows the packets of a connection through the chains of this node, rule by rule and jump by jump, with the marks that rules write: what a firewall that
/// lets in by default or not at all does to a port that no rule names, and NAT to all that comes. Pure.
/// </summary>
internal sealed class Firewall
{
    /// <summary>Of jumps; the kernel allows 16.</summary>
    private const int Deepest = 16;

    /// <summary>Jumps may branch: beyond this many rules of one base chain nothing is decided.</summary>
    private const int MostSteps = 20_000;

    /// <summary>More than anybody is shown.</summary>
    private const int MostUndecided = 20;

    private readonly ChainTable _table;
    private readonly List<string> _undecided = [];
    private End? _dropped, _perhapsDropped;
    private Packet _packet;

    /// <summary>Why it is not known whether the packet comes to the chain at all: the doubts of the jumps that lead there.</summary>
    private Doubt _within;
    private bool _mayPass, _isOfNat;
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
            var packet = new Packet(connection, kind, "") { Mark = connection.MarkOf(kind), ConnectionMark = connectionMark };
            foreach (string hook in Packet.HooksOf(connection, kind))
            {
                foreach (var (table, chain) in hooks.Where(one => one.Chain.Hook == hook))
                {
                    packet = packet with { Hook = hook, Priority = chain.Priority };
                    if (chain.IsOfNat && !IsAskedOfNat(packet)) continue;
                    var walk = new Firewall(packet, table);
                    var dropping = walk.Follow(chain);
                    // It may be of another interface.
                    if (hook is Packet.Ingress or Packet.Egress) dropping = dropping is null ? null : dropping with { IsCertain = false };
                    if (dropping is { IsCertain: true }) return dropping;
                    perhaps ??= dropping;
                    packet = walk._packet;
                }
            }

            connectionMark = packet.ConnectionMark;
        }

        return perhaps;
    }

    /// <summary>Where a connection begins, once: over loopback at the way out. What conntrack does not follow is left alone.</summary>
    private static bool IsAskedOfNat(Packet packet) =>
        packet is { Kind: PacketKind.First, IsUntracked: not Fit.Yes } && !(packet.IsComing && packet.Connection.Way == Way.Local);

    private Dropping? Follow(FilterChain hook)
    {
        _isOfNat = hook.IsOfNat;
        _mayPass = _isOfNat && _packet.IsUntracked == Fit.Perhaps;
        var fate = Through(hook, 0);
        if (fate == Fate.Open && hook.DropsTheRest)
        {
            fate = Fate.Dropped;
            _dropped = new(hook, null, IsReached: true);
        }

        bool isCertain = fate == Fate.Dropped && !_mayPass;
        if ((fate == Fate.Dropped ? _dropped : _perhapsDropped) is not { } by) return null;
        return new Dropping(_packet.Kind, by.Chain, by.Rule, isCertain, _undecided, by.IsReached, by.IsNat)
        {
            IsBeforeConntrack = _packet.HasConnection != Fit.Yes,
        };
    }

    private Fate Through(FilterChain chain, int depth)
    {
        foreach (var text in _table.RulesOf(chain))
        {
            if (_steps > MostSteps) break;
            string rule = text.Listed;
            // A map is many of them.
            foreach (var fit in RuleFit.Of(text, _table.IsOfNft, _packet).TakeWhile(_ => ++_steps <= MostSteps))
            {
                Write(fit);
                if (fit.Meets == Fit.No || fit.Verdict.Length == 0) continue;
                switch (fit.Verdict)
                {
                    case "accept" or "snat" when fit.Meets == Fit.Yes:
                        return Fate.Accepted;
                    case "drop" or "dnat" when fit.Meets == Fit.Yes:
                        _dropped = new(chain, rule, _within == Doubt.None, fit.Verdict == "dnat");
                        return Fate.Dropped;
                    case "drop" or "dnat":
                        PerhapsDrop(new(chain, rule, _within == Doubt.None, fit.Verdict == "dnat"), fit.Because);
                        break;
                    case "return" when fit.Meets == Fit.Yes:
                        return Fate.Open;
                    case "jump" or "goto":
                        if (Jump(chain, rule, fit, depth) is { } fate) return fate;
                        break;
                    default:
                        MayPass(rule);
                        if (fit.Verdict == "unknown") PerhapsDrop(new(chain, rule, _within == Doubt.None), fit.Because);
                        break;
                }
            }
        }

        if (chain.IsCut || _steps > MostSteps)
        {
            const string more = "(not all of its rules were read)";
            MayPass(more);
            // Rules of NAT are many beside kube-proxy, and name what they are for.
            if (!_isOfNat) _perhapsDropped ??= new(chain, more, _within == Doubt.None);
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
            PerhapsDrop(_dropped! with { IsReached = _within == Doubt.None }, Doubt.None);
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
            if (meets == Fit.No || (change.NeedsConnection && _packet.HasConnection == Fit.No)) continue;
            var old = change.WritesConnection ? _packet.ConnectionMark : _packet.Mark;
            var changed = change.After(_packet.Mark, _packet.ConnectionMark);
            var mark = meets == Fit.Yes && isReached ? changed : old.Or(changed);
            _packet = change.WritesConnection ? _packet with { ConnectionMark = mark } : _packet with { Mark = mark };
        }

        if (fit is { StopsTracking: true, Meets: not Fit.No } && _packet.IsUntracked != Fit.Yes && _packet.IsBeforeConntrack is not Fit.No and var before)
            _packet = _packet with { IsUntracked = fit.Meets == Fit.Yes && isReached ? before : Fit.Perhaps };
    }

    private void MayPass(string rule)
    {
        _mayPass = true;
        if (_undecided.Count < MostUndecided && !_undecided.Contains(rule)) _undecided.Add(rule);
    }

    /// <summary>Most firewalls drop some clients (fail2ban's): that shuts no port, unless one of them is asked for.</summary>
    private void PerhapsDrop(End by, Doubt doubt)
    {
        bool isOfSome = (doubt | _within).HasFlag(Doubt.Client) && _packet.Connection is { Way: Way.Local } or { Clients.Count: 0, IsOfSome: false };
        if (!isOfSome) _perhapsDropped ??= by;
    }

    /// <summary>Where the packet ends. See <see cref="Dropping"/>.</summary>
    private sealed record End(FilterChain Chain, string? Rule, bool IsReached, bool IsNat = false);
}
