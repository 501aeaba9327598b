using System.Text.RegularExpressions;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// What a kube-proxy of any mode has in this network namespace, in use or left over: as far as this process may read and in bounded time. Never throws;
/// <see cref="Unseen"/> says what could not be read. Called by <c>migrate plan</c>.
/// </summary>
public sealed partial class KubeProxyRules
{
    /// <summary>The dummy interface of the ipvs mode, which has every ClusterIP as an address.</summary>
    public const string IpvsInterface = "kube-ipvs0";

    // The kubelet makes these, with any proxy or none. The last two are kube-proxy's: an older `kube-proxy --cleanup` leaves them, empty or unlinked; alone
    // they take no traffic.
    private static readonly string[] Harmless =
        ["KUBE-KUBELET-CANARY", "KUBE-FIREWALL", "KUBE-MARK-DROP", "KUBE-MARK-MASQ", "KUBE-POSTROUTING", "KUBE-IPTABLES-HINT", "KUBE-PROXY-CANARY",
            "KUBE-PROXY-FIREWALL"];

    private readonly HashSet<string> _chains = [];
    private readonly HashSet<string> _tables = [];

    /// <summary>Chains of the iptables and ipvs modes, by name: those that both address families have count once.</summary>
    public int Chains => _chains.Count;

    /// <summary>Tables named <c>kube-proxy</c>, of the nftables mode.</summary>
    public int Tables => _tables.Count;

    /// <summary>Virtual servers of IPVS, whoever made them.</summary>
    public int VirtualServers { get; private set; }

    /// <summary>The interface of the ipvs mode is there.</summary>
    public bool HasIpvsInterface { get; private init; }

    public IReadOnlyList<string> Unseen { get; private set; } = [];

    /// <summary>Anything that takes traffic away from a proxy that listens.</summary>
    public bool Any => Chains > 0 || Tables > 0 || HasIpvsInterface;

    public static Task<KubeProxyRules> ReadAsync(TimeSpan limit, CancellationToken cancellation) =>
        ReadAsync(limit, "/proc/net", "/sys/class/net", null, cancellation);

    internal static async Task<KubeProxyRules> ReadAsync(TimeSpan limit, string procNet, string sysNet, string[][]? listers, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(limit);
        var rules = new KubeProxyRules { HasIpvsInterface = Directory.Exists(Path.Combine(sysNet, IpvsInterface)) };
        var unseen = new List<string>();
        rules.VirtualServers = CountServers(procNet, unseen);
        // One after the other, on a thread that may block.
        await Task.Factory.StartNew(
            () =>
            {
                foreach (string[] tool in listers ?? RuleLister.Tools(procNet))
                {
                    if (RuleLister.List(tool, rules.Read, deadline.Token) is { } problem && !unseen.Contains(problem)) unseen.Add(problem);
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).ConfigureAwait(false);
        rules.Unseen = unseen;
        return rules;
    }

    /// <summary>One line of nft(8) or iptables-save(8).</summary>
    internal void Read(string line)
    {
        if (Chain().Match(line) is { Success: true } chain && !Harmless.Contains(chain.Groups["name"].Value)) _chains.Add(chain.Groups["name"].Value);
        else if (Table().Match(line) is { Success: true } table) _tables.Add(table.Groups["family"].Value);
    }

    private static int CountServers(string procNet, List<string> unseen)
    {
        try
        {
            return File.ReadLines(Path.Combine(procNet, "ip_vs")).Count(line => line.Split(' ', 2)[0] is "TCP" or "UDP" or "SCTP" or "FWM");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return 0; // no IPVS in this kernel or namespace
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            unseen.Add($"IPVS servers: {FileFault.Of(e, "/proc/net/ip_vs")}");
            return 0;
        }
    }

    /// <summary><c>:KUBE-SERVICES - [0:0]</c> of iptables-save, <c>chain KUBE-SERVICES {</c> of nft.</summary>
    [GeneratedRegex(@"^\s*(?::|chain )(?<name>KUBE-[A-Z0-9-]+) ")]
    private static partial Regex Chain();

    [GeneratedRegex(@"^table (?<family>ip6?) kube-proxy \{")]
    private static partial Regex Table();
}
