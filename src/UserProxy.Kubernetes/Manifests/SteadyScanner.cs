using YamlDotNet.Core;
using YamlDotNet.Core.Tokens;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// Stands between the scanner and the parser, and gives a token until it is consumed. The scanner goes on each time that it is asked. The parser asks twice
/// after a scalar with an anchor in a flow mapping (YamlDotNet 18.1). So the comma after it was lost, and <c>{a: &amp;x 1, b: *x}</c> refused.
/// </summary>
internal sealed class SteadyScanner(IScanner scanner) : IScanner
{
    private bool _given;

    public Mark CurrentPosition => scanner.CurrentPosition;

    public Token? Current => scanner.Current;

    public bool MoveNext()
    {
        ConsumeCurrent();
        return MoveNextWithoutConsuming();
    }

    public bool MoveNextWithoutConsuming()
    {
        if (_given) return true;
        bool moved = scanner.MoveNextWithoutConsuming();
        // After the last token it is asked whether there is another.
        _given = moved && scanner.Current is not StreamEnd;
        return moved;
    }

    public void ConsumeCurrent()
    {
        _given = false;
        scanner.ConsumeCurrent();
    }
}
