using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// Which addresses of this node serve NodePorts: the parsed <c>--node-port-addresses</c>, by kube-proxy's rules. No block of a family leaves that family
/// unrestricted; <c>primary</c> means the addresses that the Node object gives. Words and blocks go together, as in Kubernetes 1.37 (KEP-6032).
/// </summary>
public sealed class NodePortAddresses
{
    private const string PrimaryKeyword = "primary";

    /// <summary>What the other words stand for.</summary>
    private static readonly Dictionary<string, CidrBlock[]> Blocks = new(StringComparer.Ordinal)
    {
        ["localhost"] = [new CidrBlock(IPAddress.Parse("127.0.0.0"), 8), new CidrBlock(IPAddress.IPv6Loopback, 128)],
        ["all"] = [new CidrBlock(IPAddress.Any, 0), new CidrBlock(IPAddress.IPv6Any, 0)],
    };

    private readonly ValueList<CidrBlock> _blocks;
    private readonly string _text;

    private NodePortAddresses(ValueList<CidrBlock> blocks, bool primary, string text)
    {
        _blocks = blocks;
        _text = text;
        HasPrimary = primary;
    }

    /// <summary>Every address: the wildcard of each family.</summary>
    public static NodePortAddresses Any { get; } = new([], primary: false, "any");

    /// <summary>The words that are taken beside blocks.</summary>
    public static IReadOnlyList<string> Keywords { get; } = [PrimaryKeyword, .. Blocks.Keys];

    /// <summary>Whether the addresses that the Node object gives are among them.</summary>
    public bool HasPrimary { get; }

    /// <summary>Whether the answer depends on the addresses that the node has now.</summary>
    public bool NeedsLocalAddresses => _blocks.Any(block => !IsWildcard(block.Family));

    /// <summary>Understands a list of blocks and keywords; an entry may hold several, separated by commas.</summary>
    public static bool TryParse(IEnumerable<string> entries, [NotNullWhen(true)] out NodePortAddresses? addresses, [NotNullWhen(false)] out string? error)
    {
        addresses = null;
        error = null;
        var blocks = new List<CidrBlock>();
        var words = new List<string>();
        foreach (string word in entries.SelectMany(entry => entry.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
        {
            if (CidrBlock.TryParse(word, out var block))
            {
                blocks.Add(block);
                words.Add(block.ToString());
                continue;
            }

            words.Add(word);
            if (word == PrimaryKeyword) continue;
            if (Blocks.TryGetValue(word, out var meant))
            {
                blocks.AddRange(meant);
                continue;
            }

            error = AddressText.TryParse(word, out var address)
                ? $"{word} is an address: a block is needed, such as {address}/{(address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)}"
                : $"{PrintableText.Quote(word)} is neither a CIDR block nor one of {string.Join(", ", Keywords)}";
            return false;
        }

        addresses = words.Count == 0 ? Any : new NodePortAddresses([.. blocks], words.Contains(PrimaryKeyword), string.Join(',', words.Distinct()));
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
        bool isOpen = IsWildcard(family);
        IPAddress[] wildcard = [family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any];
        if (isOpen && allowWildcard) return wildcard;

        // A link-local IPv6 address needs a zone to be bound and reached, and nobody means it by a block.
        var matching = local
            .Where(address => address.AddressFamily == family && !address.IsIPv6LinkLocal && (isOpen || _blocks.Any(block => block.Contains(address))))
            .Concat(HasPrimary ? PrimaryOf(family, node) : [])
            .Distinct()
            .OrderBy(address => address.ToString(), StringComparer.Ordinal)
            .ToList();
        return isOpen && matching.Count == 0 ? wildcard : matching;
    }

    public override string ToString() => _text;

    private bool IsWildcard(AddressFamily family)
    {
        var ofFamily = _blocks.Where(block => block.Family == family).ToList();
        return ofFamily.Any(block => block.PrefixLength == 0) || (ofFamily.Count == 0 && !HasPrimary);
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
