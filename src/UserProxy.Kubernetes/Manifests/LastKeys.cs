using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// Passes on the events of a document without the keys that are written again further down in the same mapping, which go-yaml and so kube-proxy reads over; the
/// builder of nodes refuses them. A document is held whole: for configuration files.
/// </summary>
internal sealed class LastKeys(IParser parser) : IParser
{
    private readonly List<(string Key, long Line)> _repeated = [];
    private readonly Queue<ParsingEvent> _ready = new();

    /// <summary>So far.</summary>
    public IReadOnlyList<(string Key, long Line)> Repeated => _repeated;

    public ParsingEvent? Current { get; private set; }

    public bool MoveNext()
    {
        if (_ready.Count == 0)
        {
            if (!parser.MoveNext()) return false;
            foreach (var passed in parser.Current is NodeEvent ? Node() : [parser.Current!]) _ready.Enqueue(passed);
        }

        Current = _ready.Dequeue();
        return true;
    }

    /// <summary>The node that the parser stands at the start of, and the parser to its end. As deep as <see cref="BoundedParser"/> allows.</summary>
    private List<ParsingEvent> Node()
    {
        List<ParsingEvent> events = [parser.Current!];
        switch (parser.Current)
        {
            case SequenceStart:
                while (Next() is not SequenceEnd) events.AddRange(Node());
                events.Add(parser.Current!);
                break;
            case MappingStart:
                events.AddRange(Pairs());
                events.Add(parser.Current!);
                break;
            default:
                break;
        }

        return events;
    }

    private IEnumerable<ParsingEvent> Pairs()
    {
        var pairs = new List<List<ParsingEvent>?>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        while (Next() is not MappingEnd)
        {
            string? key = (parser.Current as Scalar)?.Value;
            long line = parser.Current!.Start.Line;
            var pair = Node();
            Next();
            pair.AddRange(Node());
            if (key is not null && places.TryGetValue(key, out int before))
            {
                pairs[before] = null;
                _repeated.Add((key, line));
            }

            if (key is not null) places[key] = pairs.Count;
            pairs.Add(pair);
        }

        return pairs.SelectMany(pair => pair ?? []);
    }

    private ParsingEvent Next() => parser.MoveNext() ? parser.Current! : throw new InvalidOperationException("the events of a document have an end");
}
