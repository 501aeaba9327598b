using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// Keeps one copy of the texts that many endpoints share: node names, zones and the lists of one hint. Begins anew when it is full, as
/// the texts come from tenants and nodes come and go for months; nothing but memory depends on it.
/// </summary>
internal sealed class TextPool
{
    private const int MaxTexts = 20_000;

    private readonly Dictionary<string, (string Text, ValueList<string> Single)> _texts = new(StringComparer.Ordinal);

    public string? Share(string? text) => string.IsNullOrEmpty(text) ? null : Find(text).Text;

    /// <summary>The list that holds just this text.</summary>
    public ValueList<string> Single(string text) => Find(text).Single;

    private (string Text, ValueList<string> Single) Find(string text)
    {
        if (_texts.TryGetValue(text, out var known)) return known;
        if (_texts.Count >= MaxTexts) _texts.Clear();
        return _texts[text] = (text, [text]);
    }
}
