using System.Text;
using System.Text.RegularExpressions;

namespace UserProxy.Linux.PortInspection;

/// <summary>One set or map as nft(8) lists it, line by line, in bounded size. Pure; used by <see cref="FilterChains"/>.</summary>
internal sealed partial class SetLines
{
    // 10,000 Services of kube-proxy have a megabyte of them.
    private const int MostCharacters = 2 * 1024 * 1024;

    private readonly StringBuilder _elements = new();
    private bool _isWithin, _isCut;

    public void Read(string text)
    {
        if (text.StartsWith("flags ", StringComparison.Ordinal)) _isCut |= text.Contains("dynamic", StringComparison.Ordinal);
        if (!_isWithin && !text.StartsWith("elements = {", StringComparison.Ordinal)) return;
        string part = Remarks().Replace(_isWithin ? text : text["elements = {".Length..], "");
        _isWithin = !part.EndsWith('}');
        if (_elements.Length + part.Length > MostCharacters) _isCut = true;
        else _elements.Append(part.TrimEnd('}')).Append(' ');
    }

    public NamedSet ToSet() =>
        new(_elements.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), !_isCut && !_isWithin);

    /// <summary>What an element has besides itself; a comment may hold commas and braces.</summary>
    [GeneratedRegex(" comment \"[^\"]*\"| (timeout|expires) [0-9a-z]+| counter( packets \\d+ bytes \\d+)?")]
    private static partial Regex Remarks();
}
