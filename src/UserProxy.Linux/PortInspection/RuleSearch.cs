using UserProxy.Model;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// Looks for netfilter rules and IPVS servers that name a port, as far as this process may and in bounded time. A hint for people, never needed for a verdict.
/// The tools are only told to list. Never throws; <see cref="Unseen"/> says what could not be looked at.
/// </summary>
internal sealed class RuleSearch(TransportProtocol protocol, int port, string procNet = "/proc/net", string[][]? listers = null)
{
    public List<RuleHint> Hints { get; } = [];

    /// <summary>Of all tools: a rule shuts a port without naming it.</summary>
    public List<FilterChain> Chains { get; } = [];

    public List<string> Unseen { get; } = [];

    public async Task RunAsync(TimeSpan limit, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(limit);
        ReadVirtualServers();
        var tools = listers ?? RuleLister.Tools(procNet);
        foreach (var (lines, chains, problem) in await Task.WhenAll(tools.Select(tool => ListAsync(tool, deadline.Token))))
        {
            foreach (var hint in lines.Hints)
            {
                // The same words of two tools are two rules, of two families mostly; two rules may look alike where they are cut for showing.
                if (!Hints.Contains(hint)) Hints.Add(hint);
            }

            Chains.AddRange(chains.Chains);

            if (lines.LeftOut > 0)
                Unseen.Add($"netfilter rules: {lines.Hints.Count} of {lines.Hints.Count + lines.LeftOut} that name the port were looked at");
            if (problem is not null && !Unseen.Contains(problem)) Unseen.Add(problem);
        }
    }

    private void ReadVirtualServers()
    {
        try
        {
            Hints.AddRange(VirtualServers.Find(File.ReadLines(Path.Combine(procNet, "ip_vs")), protocol, port));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // No IPVS in this kernel or namespace.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Unseen.Add($"IPVS servers: {FileFault.Of(e, Path.Combine(procNet, "ip_vs"))}");
        }
    }

    // A thread each: reading a pipe blocks one of the pool otherwise, which has as many as the node has cores, and the waits of the test connections need them.
    private Task<(RuleLines Lines, FilterChains Chains, string? Problem)> ListAsync(string[] tool, CancellationToken limit) =>
        Task.Factory.StartNew(() => List(tool, limit), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private (RuleLines Lines, FilterChains Chains, string? Problem) List(string[] tool, CancellationToken limit)
    {
        var lines = new RuleLines(tool[0], protocol, port);
        var chains = new FilterChains(tool[0]);
        string? problem = RuleLister.List(tool, Read, limit);
        if (problem is not null) chains.Cut();
        return (lines, chains, problem);

        void Read(string line)
        {
            lines.Read(line);
            chains.Read(line);
        }
    }
}
