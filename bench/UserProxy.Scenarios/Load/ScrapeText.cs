using System.Globalization;
using System.Text;

namespace UserProxy.Scenarios.Load;

/// <summary>One answer of <c>/metrics</c>: how large it is, and what the process says of itself in it.</summary>
/// <param name="Bytes">Of the text.</param>
/// <param name="Lines">Comments among them.</param>
/// <param name="ProcessorSeconds">Used since the process started; NaN when it does not say.</param>
/// <param name="AllocatedBytes">On the managed heap, since then; NaN when it does not say.</param>
internal sealed record ScrapeText(long Bytes, int Lines, double ProcessorSeconds, double AllocatedBytes)
{
    public static ScrapeText Parse(string text) => new(
        Encoding.UTF8.GetByteCount(text), text.AsSpan().Count('\n'), Value(text, "process_cpu_seconds_total"),
        Value(text, "dotnet_gc_heap_total_allocated_bytes_total"));

    /// <summary>Of a sample without labels; NaN when it is not there.</summary>
    private static double Value(string text, string name)
    {
        // Never the first line: a comment goes before.
        int at = text.IndexOf($"\n{name} ", StringComparison.Ordinal);
        if (at < 0) return double.NaN;
        var rest = text.AsSpan(at + name.Length + 2);
        int end = rest.IndexOfAny('\n', ' ');
        return double.TryParse(end < 0 ? rest : rest[..end], CultureInfo.InvariantCulture, out double value) ? value : double.NaN;
    }
}
