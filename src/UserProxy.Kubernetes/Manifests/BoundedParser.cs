using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// Stands between the YAML parser and the tree that is built from it, and refuses what would cost more than a manifest may. Depth is bounded, as the tree is
/// built and walked by recursion; so are nodes, as the tree lives in memory. An alias counts as all the nodes that it stands for: aliases that multiply
/// ("billion laughs") or contain themselves are refused, too.
/// </summary>
internal sealed class BoundedParser(IParser parser, int maxDepth, int maxNodes) : IParser
{
    /// <summary>What a document costs besides its nodes, in nodes: ten megabytes of <c>---</c> are two million documents.</summary>
    public const int DocumentCost = 8;

    private readonly Dictionary<AnchorName, int> _sizes = [];
    private readonly Stack<(AnchorName Anchor, int Start)> _open = new();
    private int _nodes;

    public ParsingEvent? Current => parser.Current;

    public bool MoveNext()
    {
        if (!parser.MoveNext()) return false;

        switch (Current)
        {
            case MappingStart or SequenceStart:
                if (_open.Count == maxDepth) Refuse($"nested deeper than {maxDepth} levels");
                _open.Push((((NodeEvent)Current).Anchor, _nodes));
                Add(1);
                break;
            case MappingEnd or SequenceEnd:
                var (anchor, start) = _open.Pop();
                Remember(anchor, _nodes - start);
                break;
            case Scalar scalar:
                Add(1);
                Remember(scalar.Anchor, 1);
                break;
            case AnchorAlias alias:
                // An anchor that is still open, or was never set, has no size: the alias would contain itself, or nothing.
                if (!_sizes.TryGetValue(alias.Value, out int size))
                    Refuse($"alias *{PrintableText.Of(alias.Value.Value, 40)} refers to nothing complete before it");
                Add(size);
                break;
            case DocumentStart:
                _sizes.Clear();
                Add(DocumentCost);
                break;
            default:
                break;
        }

        return true;
    }

    private void Add(int nodes)
    {
        if (nodes > maxNodes - _nodes) Refuse($"more than {maxNodes} values, counting what aliases stand for");
        _nodes += nodes;
    }

    private void Remember(AnchorName anchor, int size)
    {
        if (!anchor.IsEmpty) _sizes[anchor] = size;
    }

    private void Refuse(string reason) => throw new YamlException(Current!.Start, Current.End, reason);
}
