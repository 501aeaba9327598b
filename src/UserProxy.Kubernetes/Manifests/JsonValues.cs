using System.Text;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// JSON objects one after the other, as <c>cat a.json b.json</c> and jq write them and kubectl takes them: as documents of YAML, which wants a mark between
/// them.
/// </summary>
internal static class JsonValues
{
    /// <summary>Null for anything else. Each stays on its lines, unless several share one.</summary>
    public static string? Separate(string text)
    {
        var ends = EndsOf(text);
        if (ends.Count < 2) return null;
        var separated = new StringBuilder(text.Length + (5 * ends.Count));
        int from = 0;
        foreach (int end in ends)
        {
            int start = text.IndexOf('{', from);
            var between = text.AsSpan(from, start - from);
            if (from > 0) separated.Append(between.Contains('\n') ? between[..(between.LastIndexOf('\n') + 1)] : "\n").Append("--- ");
            else separated.Append(between);
            separated.Append(text, start, end - start);
            from = end;
        }

        return separated.Append(text, from, text.Length - from).ToString();
    }

    /// <summary>Where each object ends; none when something else is between them.</summary>
    private static List<int> EndsOf(string text)
    {
        var ends = new List<int>();
        int depth = 0;
        for (int at = 0; at < text.Length; at++)
        {
            char next = text[at];
            if (depth == 0 && next != '{' && !char.IsWhiteSpace(next)) return [];
            if (next is '{' or '[') depth++;
            else if (next is '}' or ']' && --depth == 0) ends.Add(at + 1);
            else if (next == '"') at = EndOfString(text, at);
        }

        return ends;
    }

    private static int EndOfString(string text, int quote)
    {
        int at = quote + 1;
        while (at < text.Length && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
        return at;
    }
}
