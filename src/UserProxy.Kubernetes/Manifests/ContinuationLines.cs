using System.Text;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// Indents the lines that begin inside a quoted scalar or a flow collection as far as the quote or the bracket that they continue. libyaml, and so kubectl,
/// takes them at any column, the scanner used here does not; what stands before the first character of such a line has no meaning (YAML 1.2, 6.5 and 6.7).
/// It only roughly knows plain and block scalars: its user, <see cref="BoundedYaml"/>, has <see cref="ContinuationCheck"/> look at what came of it.
/// </summary>
internal sealed class ContinuationLines
{
    /// <summary>A bracket at the end of a long line would be paid for again in each line that follows.</summary>
    private const int MostAdded = ManifestReader.MaxFileBytes;

    private readonly string _text;
    private readonly StringBuilder _indented = new();
    private readonly List<long> _lines = [];
    private int _at;
    private int _lineStart;
    private int _copied;
    private int _added;
    private bool _tooMuch;
    private long _line = 1;

    /// <summary>Open brackets, and the column of the first of them.</summary>
    private int _flowDepth;
    private int _flowColumn;

    /// <summary>Where the key or dash stands whose value comes next: what a block scalar is more indented than.</summary>
    private int _ownerColumn = -1;

    private ContinuationLines(string text) => _text = text;

    /// <summary>Null when there is no such line, or when it would be too much.</summary>
    /// <param name="text">Any number of documents.</param>
    /// <param name="lines">Those that were indented, from 1 and rising.</param>
    public static string? Indent(string text, out IReadOnlyList<long> lines)
    {
        var scan = new ContinuationLines(text);
        scan.AtLineStart();
        while (scan._at < text.Length) scan.Token();
        lines = scan._lines;
        return scan._tooMuch || scan._lines.Count == 0 ? null : scan._indented.Append(text, scan._copied, text.Length - scan._copied).ToString();
    }

    private int Column => _at - _lineStart;

    private bool IsBlankAt(int at) => at >= _text.Length || _text[at] is ' ' or '\t' or '\r' or '\n';

    private void Token()
    {
        char first = _text[_at];
        bool spaceBefore = _at == _lineStart || IsBlankAt(_at - 1);
        if (first == '\n') NextLine(_flowDepth > 0 ? _flowColumn : 0);
        else if (IsBlankAt(_at)) _at++;
        else if ((first == '#' && spaceBefore) || (first == '%' && Column == 0)) SkipLine();
        else if (first is '"' or '\'') Quoted(first);
        else if (first is '[' or '{') Open();
        else if (_flowDepth > 0 && first is ']' or '}' or ',') Close(first);
        else if (first is ':' && (_flowDepth > 0 || IsBlankAt(_at + 1))) _at++;
        else if (first is '-' or '?' && IsBlankAt(_at + 1)) _ownerColumn = _at++ - _lineStart;
        else if (_flowDepth == 0 && first is '|' or '>') BlockScalar();
        else if (first is '&' or '*' or '!') Property();
        else Plain();
    }

    private void Open()
    {
        if (_flowDepth++ == 0) _flowColumn = Column;
        _at++;
    }

    private void Close(char bracket)
    {
        if (bracket != ',') _flowDepth--;
        _at++;
    }

    private void Quoted(char quote)
    {
        int column = _flowDepth > 0 ? _flowColumn : Column;
        _ownerColumn = Column;
        _at++;
        while (_at < _text.Length)
        {
            char next = _text[_at];
            if (next == '\n')
            {
                if (NextLine(column)) return;
                continue;
            }

            bool escapes = next == '\\' ? quote == '"' : next == '\'' && quote == '\'' && _at + 1 < _text.Length && _text[_at + 1] == '\'';
            if (escapes && _at + 1 < _text.Length && _text[_at + 1] is not ('\r' or '\n')) _at++;
            _at++;
            if (next == quote && !escapes) return;
        }
    }

    private void Property()
    {
        while (!IsBlankAt(_at) && !(_flowDepth > 0 && _text[_at] is ',' or '[' or ']' or '{' or '}')) _at++;
    }

    private void Plain()
    {
        _ownerColumn = Column;
        while (_at < _text.Length && _text[_at] != '\n')
        {
            char next = _text[_at];
            if (_flowDepth > 0 && next is ',' or '[' or ']' or '{' or '}') return;
            if (next == ':' && (IsBlankAt(_at + 1) || (_flowDepth > 0 && _text[_at + 1] is ',' or '[' or ']' or '{' or '}'))) return;
            if (next == '#' && IsBlankAt(_at - 1)) return;
            _at++;
        }
    }

    private void BlockScalar()
    {
        int header = _at;
        int owner = _ownerColumn;
        SkipLine();
        // The indentation may be given, before or after what becomes of the last line breaks.
        var indicators = _text.AsSpan(header, int.Min(3, _at - header));
        int given = indicators.IndexOfAnyInRange('1', '9');
        int indent = given < 0 ? 0 : int.Max(owner, 0) + (indicators[given] - '0');
        while (_at < _text.Length)
        {
            int mark = _at;
            (long line, int lineStart) = (_line, _lineStart);
            if (NextLine(0)) return;
            while (_at < _text.Length && _text[_at] == ' ') _at++;
            if (_at < _text.Length && _text[_at] is '\r' or '\n')
            {
                SkipLine();
                continue;
            }

            if (indent == 0) indent = int.Max(Column, owner + 1);
            if (Column < indent || _at >= _text.Length)
            {
                // The line after the scalar: it is a token's.
                (_at, _line, _lineStart) = (mark, line, lineStart);
                return;
            }

            SkipLine();
        }
    }

    /// <summary>To the line break, which is the next thing.</summary>
    private void SkipLine()
    {
        int end = _text.IndexOf('\n', _at);
        _at = end < 0 ? _text.Length : end;
    }

    /// <summary>Over the line break, and the next line to the column where it has to be. True when a mark between documents stands there.</summary>
    private bool NextLine(int column)
    {
        _at++;
        _line++;
        if (AtLineStart()) return true;
        int start = _at;
        while (start < _text.Length && _text[start] == ' ') start++;
        int missing = column - (start - _at);
        if (missing > 0 && start < _text.Length && _text[start] is not ('\r' or '\n')) Indent(missing);
        return false;
    }

    private void Indent(int missing)
    {
        _tooMuch |= missing > MostAdded - _added;
        if (_tooMuch) return;
        _lines.Add(_line);
        _added += missing;
        _indented.Append(_text, _copied, _at - _copied).Append(' ', missing);
        _copied = _at;
    }

    /// <summary>True at a mark between documents: it ends whatever is open.</summary>
    private bool AtLineStart()
    {
        _lineStart = _at;
        if (!_text.AsSpan(_at).StartsWith("---", StringComparison.Ordinal) && !_text.AsSpan(_at).StartsWith("...", StringComparison.Ordinal)) return false;
        if (!IsBlankAt(_at + 3)) return false;
        _at += 3;
        _flowDepth = 0;
        _ownerColumn = -1;
        return true;
    }
}
