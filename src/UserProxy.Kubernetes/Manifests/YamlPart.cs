namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// A piece of a text of several documents, from one <c>---</c> to the next, which is how kubectl divides a file. No scalar can hold such a line (YAML 1.2,
/// 9.1.2), so that each piece can be read by itself.
/// </summary>
/// <param name="Text">With its <c>---</c>.</param>
/// <param name="Document">Which document it is, from 1.</param>
/// <param name="FirstLine">Its first line in the whole, from 1.</param>
internal readonly record struct YamlPart(string Text, int Document, long FirstLine)
{
    public long Lines => Text.AsSpan().Count('\n');

    public static IEnumerable<YamlPart> Of(string text)
    {
        int start = 0, document = 0;
        long firstLine = 1;
        while (start < text.Length)
        {
            int end = MarkAfter(text, start);
            // Comments and directives before the first mark belong to what follows it.
            if (start == 0 && !HasContent(text.AsSpan(0, end))) end = MarkAfter(text, end);
            var part = new YamlPart(text[start..end], ++document, firstLine);
            yield return part;
            firstLine += part.Lines;
            start = end;
        }
    }

    private static int MarkAfter(string text, int start)
    {
        for (int at = start; ;)
        {
            int newLine = text.IndexOf('\n', at);
            if (newLine < 0) return text.Length;
            at = newLine + 1;
            if (IsMark(text, at)) return at;
        }
    }

    private static bool IsMark(string text, int at) =>
        text.AsSpan(at).StartsWith("---", StringComparison.Ordinal) && (at + 3 == text.Length || text[at + 3] is ' ' or '\t' or '\r' or '\n');

    private static bool HasContent(ReadOnlySpan<char> part)
    {
        foreach (var line in part.EnumerateLines())
        {
            if (line.TrimStart() is [not ('#' or '%'), ..]) return true;
        }

        return false;
    }
}
