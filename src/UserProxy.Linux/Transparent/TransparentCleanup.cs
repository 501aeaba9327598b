using UserProxy.Linux.Kernel;
using UserProxy.Linux.Nft;

namespace UserProxy.Linux.Transparent;

/// <summary>
/// Removes the rules, routes and nftables tables by which client addresses are kept, whichever run has added them. A run that keeps addresses puts them back at
/// once. Called by <c>userproxy cleanup</c>.
/// </summary>
public static class TransparentCleanup
{
    /// <param name="nftCommand">The nft(8) program and its first arguments; by default <c>nft</c>.</param>
    /// <param name="cancellation">Between the steps.</param>
    public static async Task<TransparentCleanupResult> RunAsync(IReadOnlyList<string>? nftCommand = null, CancellationToken cancellation = default)
    {
        var problems = new List<string>();
        int rules = 0, routes = 0;
        try
        {
            using var socket = AnswerRoutes.Open();
            foreach (int family in (int[])[Libc.AF_INET, Libc.AF_INET6])
            {
                var removed = socket.Remove(family);
                rules += removed.Rules;
                routes += removed.Routes;
            }
        }
        catch (IOException e)
        {
            problems.Add(TransparentRight.Describe(e));
        }

        var (found, outcome) = await MarkTables.RemoveAsync(new NftTool(nftCommand ?? ["nft"]), cancellation);
        // That there is no nft is said once, for the guard of virtual IPs.
        if (!outcome.Succeeded && outcome.Problem != NftProblem.Missing) problems.Add(outcome.Reason);
        return new TransparentCleanupResult(rules, routes, outcome.Succeeded ? found : 0, problems);
    }
}

/// <summary>What <see cref="TransparentCleanup"/> removed, and what it could not.</summary>
/// <param name="Rules">Of routing, both families.</param>
/// <param name="Routes">Likewise.</param>
/// <param name="Tables">Of nftables.</param>
/// <param name="Problems">Empty when all is gone.</param>
public sealed record TransparentCleanupResult(int Rules, int Routes, int Tables, IReadOnlyList<string> Problems);
