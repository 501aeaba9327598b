using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes;

/// <summary>
/// Which addresses of this node serve NodePorts: the parsed <c>--node-port-addresses</c>, by kube-proxy's rules. No block of a family
/// leaves that family unrestricted; <c>primary</c> means the addresses that the Node object gives.
/// </summary>
public sealed class NodePortAddresses
{
    public const string PrimaryKeyword = "primary";

    private readonly ValueList<CidrBlock> _blocks;

    private NodePortAddresses(ValueList<CidrBlock> blocks, bool primary)
    {
        _blocks = blocks;
        IsPrimary = primary;
    }

    /// <summary>Every address: the wildcard of each family.</summary>
    public static NodePortAddresses Any { get; } = new([], primary: false);

    public bool IsPrimary { get; }

    /// <summary>Whether the answer depends on the addresses that the node has now.</summary>
    public bool NeedsLocalAddresses => _blocks.Any(block => !IsWildcard(block.Family));

    /// <summary>Understands a list of blocks, or the single word <c>primary</c>; an entry may hold several, separated by commas.</summary>
    public static bool TryParse(IEnumerable<string> entries, [NotNullWhen(true)] out NodePortAddresses? addresses, [NotNullWhen(false)] out string? error)
    {
        addresses = null;
        error = null;
        var words = entries.SelectMany(entry => entry.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).ToList();
        if (words.Contains(PrimaryKeyword))
        {
            if (words.Count > 1) error = $"'{PrimaryKeyword}' must stand alone";
            else addresses = new NodePortAddresses([], primary: true);
            return error is null;
        }

        var blocks = new List<CidrBlock>();
        foreach (string word in words)
        {
            if (CidrBlock.TryParse(word, out var block))
            {
                blocks.Add(block);
                continue;
            }

            error = AddressText.TryParse(word, out var address)
                ? $"{word} is an address: a block is needed, such as {address}/{(address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)}"
                : $"{PrintableText.Quote(word)} is neither a CIDR block nor '{PrimaryKeyword}'";
            return false;
        }

        addresses = new NodePortAddresses([.. blocks], primary: false);
        return true;
    }

    /// <summary>
    /// The addresses to listen on in one family, sorted; the wildcard where nothing restricts it. Empty: nothing matches, and NodePorts
    /// of that family are not served.
    /// </summary>
    /// <param name="family">The family asked for.</param>
    /// <param name="local">The addresses that the node has now.</param>
    /// <param name="node">Its object, for <c>primary</c>.</param>
    /// <param name="allowWildcard">False: give every address by itself instead, as far as there is one.</param>
    public IReadOnlyList<IPAddress> Resolve(AddressFamily family, IEnumerable<IPAddress> local, NodeObject? node, bool allowWildcard = true)
    {
        if (IsPrimary) return PrimaryOf(family, node);
        bool isOpen = IsWildcard(family);
        IPAddress[] wildcard = [family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any];
        if (isOpen && allowWildcard) return wildcard;

        // A link-local IPv6 address needs a zone to be bound and reached, and nobody means it by a block.
        var matching = local
            .Where(address => address.AddressFamily == family && !address.IsIPv6LinkLocal && (isOpen || _blocks.Any(block => block.Contains(address))))
            .Distinct()
            .OrderBy(address => address.ToString(), StringComparer.Ordinal)
            .ToList();
        return isOpen && matching.Count == 0 ? wildcard : matching;
    }

    public override string ToString() =>
        IsPrimary ? PrimaryKeyword : _blocks.Count == 0 ? "any" : string.Join(",", _blocks);

    private bool IsWildcard(AddressFamily family)
    {
        var ofFamily = _blocks.Where(block => block.Family == family).ToList();
        return !IsPrimary && (ofFamily.Count == 0 || ofFamily.Any(block => block.PrefixLength == 0));
    }

    /// <summary>The node's first InternalIP of the family, or else its first ExternalIP.</summary>
    private static IPAddress[] PrimaryOf(AddressFamily family, NodeObject? node)
    {
        foreach (string type in (ReadOnlySpan<string>)["InternalIP", "ExternalIP"])
        {
            foreach (var entry in node?.Status?.Addresses ?? [])
            {
                if (entry.Type == type && AddressText.TryParse(entry.Address, out var address) && address.AddressFamily == family) return [address];
            }
        }

        return [];
    }
}
