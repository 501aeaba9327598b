using UserProxy.Linux.Host;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Nft;

namespace UserProxy.Linux.VirtualIPs;

/// <summary>
/// Removes every route and nftables table that a run added, whichever run it was and however it ended: known by protocol number and by name.
/// Called by <c>userproxy cleanup</c> and the uninstall job; may be repeated.
/// </summary>
public static class VirtualIPCleanup
{
    /// <param name="force">Also while a process here owns virtual IPs, which puts them back.</param>
    /// <param name="time">Of the lock.</param>
    /// <param name="nftCommand">The nft(8) program and its first arguments; by default <c>nft</c>.</param>
    /// <param name="cancellation">Between the steps; what is removed stays removed.</param>
    public static async Task<VirtualIPCleanupResult> RunAsync(
        bool force, TimeProvider time, IReadOnlyList<string>? nftCommand = null, CancellationToken cancellation = default)
    {
        // Held until all is gone, so that no run begins in between.
        var problems = new List<string>();
        var notes = new List<string>();
        // With force it is done without the lock, whatever keeps it away.
        using var owned = TryTake(time, force ? notes : problems);
        if (owned is null && !force) return new VirtualIPCleanupResult { InUse = problems.Count == 0, Routes = 0, Tables = 0, Problems = problems, Notes = [] };
        // Routes first: a virtual IP is never without its guard.
        int routes = RemoveRoutes(problems);
        int tables = await RemoveTablesAsync(new NftTool(nftCommand ?? ["nft"]), problems, notes, cancellation);
        return new VirtualIPCleanupResult { Routes = routes, Tables = tables, Problems = problems, Notes = notes };
    }

    private static NamespaceLock? TryTake(TimeProvider time, List<string> whyNot)
    {
        try
        {
            return RoutedVirtualIPs.TryOwn(time, out _);
        }
        catch (IOException e)
        {
            whyNot.Add(e.Message);
            return null;
        }
    }

    private static int RemoveRoutes(List<string> problems)
    {
        try
        {
            using var socket = RouteSocket.Open();
            var ours = socket.Dump().Ours;
            var failures = socket.Change(RouteChange.Remove, ours);
            // Gone by itself in between.
            int gone = failures.RemoveAll(failure => failure.Errno == Errno.ESRCH);
            if (failures.Count > 0) problems.Add($"{failures.Count} of {ours.Count} routes are still there; {failures[0]}");
            return ours.Count - failures.Count - gone;
        }
        catch (IOException e)
        {
            problems.Add(e.Message);
            return 0;
        }
    }

    private static async Task<int> RemoveTablesAsync(NftTool nft, List<string> problems, List<string> notes, CancellationToken cancellation)
    {
        var listed = await nft.RunAsync("list tables\n", cancellation);
        if (listed.Problem == NftProblem.Missing)
        {
            notes.Add($"nftables rules were not looked for: {listed.Reason}");
            return 0;
        }

        string[] ours = GuardScript.Among(listed.Output);
        var deleted = listed.Succeeded && ours.Length > 0 ? await nft.RunAsync(GuardScript.Delete(ours), cancellation) : listed;
        if (deleted.Succeeded) return ours.Length;
        problems.Add(deleted.Reason);
        return 0;
    }
}
