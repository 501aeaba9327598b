using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// Passes events on and sees whether each of the lines that <see cref="ContinuationLines"/> has indented did begin inside a quoted scalar or a flow collection:
/// then, and only then, the text means what it meant before.
/// </summary>
/// <param name="parser">Of the indented text.</param>
/// <param name="lines">Which were indented, rising.</param>
internal sealed class ContinuationCheck(IParser parser, IReadOnlyList<long> lines) : IParser
{
    private int _next;
    private int _flowDepth;
    private long _flowLine;
    private bool _failed;

    public bool Passed => !_failed && _next == lines.Count;

    public ParsingEvent? Current => parser.Current;

    public bool MoveNext()
    {
        if (!parser.MoveNext()) return false;
        switch (Current)
        {
            case Scalar { Style: ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted } scalar when _flowDepth == 0:
                Cover(scalar.Start.Line, scalar.End.Line);
                break;
            // Whatever is inside of a flow collection is of flow style.
            case SequenceStart { Style: SequenceStyle.Flow } or MappingStart { Style: MappingStyle.Flow }:
                if (_flowDepth++ == 0) _flowLine = Current.Start.Line;
                break;
            case SequenceEnd or MappingEnd when _flowDepth > 0:
                if (--_flowDepth == 0) Cover(_flowLine, Current.End.Line);
                break;
            default:
                break;
        }

        return true;
    }

    private void Cover(long first, long last)
    {
        if (_next < lines.Count && lines[_next] <= first) _failed = true;
        while (_next < lines.Count && lines[_next] <= last) _next++;
    }
}
