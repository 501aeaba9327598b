using System.Text;

namespace UserProxy.App.Metrics;

/// <summary>
/// Names and values as they stand between the braces, escaped and in UTF-8: made once and written with many samples. Values come from tenants; names are ours.
/// </summary>
internal readonly struct Labels
{
    private readonly byte[]? _text;

    private Labels(string text) => _text = Encoding.UTF8.GetBytes(text);

    /// <summary>Without labels.</summary>
    public static Labels None => default;

    public ReadOnlySpan<byte> Text => _text;

    public static Labels Of(string name, string value) => Of((name, value));

    public static Labels Of(params ReadOnlySpan<(string Name, string Value)> labels)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in labels)
        {
            if (text.Length > 0) text.Append(',');
            text.Append(name).Append("=\"");
            foreach (char letter in value)
            {
                _ = letter switch
                {
                    '\\' => text.Append(@"\\"),
                    '"' => text.Append("\\\""),
                    '\n' => text.Append(@"\n"),
                    _ => text.Append(letter),
                };
            }

            text.Append('"');
        }

        return new Labels(text.ToString());
    }
}
