using UserProxy.Model;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// Looks for netfilter rules and IPVS servers that name ports, as far as this process may and in bounded time. A hint for people, never needed for a verdict.
/// The tools are told to list and nothing else, once however many ports there are. Never throws.
/// </summary>
internal sealed class RuleSearch(IReadOnlyList<(TransportProtocol Protocol, int Port)> ports, string procNet = "/proc/net", string[][]? listers = null)
{
    /// <summary>Of each port, in their order.</summary>
    public async Task<IReadOnlyList<FoundRules>> RunAsync(TimeSpan limit, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(limit);
        var tools = listers ?? RuleLister.Tools(procNet);
        var listed = await Task.WhenAll(tools.Select(tool => ListAsync(tool, deadline.Token)));
        List<FilterChain> chains = [.. listed.SelectMany(one => one.Chains.Chains)];
        return [.. ports.Select((port, at) => Find(port.Protocol, port.Port, [.. listed.Select(one => (one.Ports[at], one.Problem))], chains))];
    }

    private FoundRules Find(TransportProtocol protocol, int port, List<(PortRuleFinder Lines, string? Problem)> listed, List<FilterChain> chains)
    {
        var (hints, unseen) = (new List<RuleHint>(), new List<string>());
        ReadVirtualServers(protocol, port, hints, unseen);
        foreach (var (lines, problem) in listed)
        {
            foreach (var hint in lines.Hints)
            {
                // The same words of two tools are two rules, of two families mostly; two rules may look alike where they are cut for showing.
                if (!hints.Contains(hint)) hints.Add(hint);
            }

            if (lines.LeftOut > 0)
                unseen.Add($"netfilter rules: {lines.Hints.Count} of {lines.Hints.Count + lines.LeftOut} that name the port were looked at");
            if (problem is not null && !unseen.Contains(problem)) unseen.Add(problem);
        }

        return new(hints, chains, unseen);
    }

    private void ReadVirtualServers(TransportProtocol protocol, int port, List<RuleHint> hints, List<string> unseen)
    {
        try
        {
            hints.AddRange(VirtualServers.Find(File.ReadLines(Path.Combine(procNet, "ip_vs")), protocol, port));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // No IPVS in this kernel or namespace.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            unseen.Add($"IPVS servers: {FileFault.Of(e, Path.Combine(procNet, "ip_vs"))}");
        }
    }

    // A thread each: reading a pipe blocks one of the pool otherwise, which has as many as the node has cores, and the waits of the test connections need them.
    private Task<(PortRuleFinder[] Ports, FilterChains Chains, string? Problem)> ListAsync(string[] tool, CancellationToken limit) =>
        Task.Factory.StartNew(() => List(tool, limit), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private (PortRuleFinder[] Ports, FilterChains Chains, string? Problem) List(string[] tool, CancellationToken limit)
    {
        PortRuleFinder[] named = [.. ports.Select(port => new PortRuleFinder(tool[0], port.Protocol, port.Port))];
        var chains = new FilterChains(tool[0]);
        string? problem = RuleLister.List(tool, Read, limit);
        if (problem is not null) chains.Cut();
        return (named, chains, problem);

        void Read(string line)
        {
            foreach (var lines in named) lines.Read(line);
            chains.Read(line);
        }
    }
}

/// <summary>What <see cref="RuleSearch"/> found of one port.</summary>
/// <param name="Hints">Rules and servers that name it.</param>
/// <param name="Chains">Of all tools, the same for all ports: a rule shuts a port without naming it.</param>
/// <param name="Unseen">What could not be looked at.</param>
internal sealed record FoundRules(IReadOnlyList<RuleHint> Hints, IReadOnlyList<FilterChain> Chains, IReadOnlyList<string> Unseen);
