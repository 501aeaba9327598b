using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using UserProxy.Counting;

namespace UserProxy.App.Metrics;

/// <summary>
/// Writes one scrape, family by family, in the Prometheus text format 0.0.4 or in OpenMetrics 1.0. What is written goes out between families, so that
/// a large scrape is never in memory as a whole. Used once, by one thread at a time.
/// </summary>
internal sealed class MetricWriter(PipeWriter output, MetricFormat format, CancellationToken cancellation)
{
    private const int FlushAfter = 64 * 1024;

    /// <summary>Room for a number as text, and the signs around it.</summary>
    private const int LongestNumber = 48;

    private readonly bool _isOpenMetrics = format == MetricFormat.OpenMetrics;
    private byte[] _name = [];
    private byte[] _bucket = [];
    private int _unflushed;

    /// <summary>Begins a family; its samples follow. A counter is given with its <c>_total</c>, which OpenMetrics has in the samples alone.</summary>
    public async ValueTask FamilyAsync(string name, MetricKind kind, string help)
    {
        if (_unflushed > FlushAfter)
        {
            await output.FlushAsync(cancellation);
            _unflushed = 0;
        }

        string family = _isOpenMetrics && kind == MetricKind.Counter ? name[..^"_total".Length] : name;
        Write($"# HELP {family} {Escape(help)}\n# TYPE {family} {TypeName(kind)}\n");
        _name = Encoding.UTF8.GetBytes(name);
        if (kind == MetricKind.Histogram) _bucket = Encoding.UTF8.GetBytes($"{name}_bucket");
    }

    public void Sample(long value) => Sample(Labels.None, Labels.None, value);

    public void Sample(Labels labels, long value) => Sample(labels, Labels.None, value);

    /// <summary>A sample with both sets of labels: those of its subject, and those that tell its samples apart.</summary>
    public void Sample(Labels labels, Labels more, long value)
    {
        var line = Begin(_name, default, labels, more, out int at);
        value.TryFormat(line[at..], out int written, default, CultureInfo.InvariantCulture);
        End(line, at + written);
    }

    public void Sample(double value) => Sample(Labels.None, value);

    public void Sample(Labels labels, double value)
    {
        var line = Begin(_name, default, labels, Labels.None, out int at);
        End(line, at + Number(line[at..], value));
    }

    /// <summary>Its buckets, sum and count.</summary>
    public void Sample(Labels labels, HistogramReading reading)
    {
        long below = 0;
        for (int i = 0; i < reading.Counts.Count; i++)
        {
            below += reading.Counts[i];
            Bucket(labels, i < reading.Bounds.Seconds.Count ? reading.Bounds.Seconds[i] : double.PositiveInfinity, below);
        }

        var line = Begin(_name, "_sum"u8, labels, Labels.None, out int at);
        End(line, at + Number(line[at..], reading.SumSeconds));
        line = Begin(_name, "_count"u8, labels, Labels.None, out at);
        below.TryFormat(line[at..], out int written, default, CultureInfo.InvariantCulture);
        End(line, at + written);
    }

    public async ValueTask EndAsync()
    {
        if (_isOpenMetrics) Write("# EOF\n");
        await output.FlushAsync(cancellation);
    }

    private void Bucket(Labels labels, double bound, long count)
    {
        Span<byte> le = stackalloc byte[LongestNumber];
        "le=\""u8.CopyTo(le);
        int length = 4 + Number(le[4..], bound);
        // OpenMetrics wants each bound in one form: 1.0 and not 1.
        if (_isOpenMetrics && !le[4..length].ContainsAny((byte)'.', (byte)'E', (byte)'I')) length += Copy(".0"u8, le[length..]);
        le[length++] = (byte)'"';
        var line = Begin(_bucket, default, labels.Text, le[..length], out int at);
        count.TryFormat(line[at..], out int written, default, CultureInfo.InvariantCulture);
        End(line, at + written);
    }

    private Span<byte> Begin(ReadOnlySpan<byte> name, ReadOnlySpan<byte> suffix, Labels labels, Labels more, out int at) => Begin(name, suffix, labels.Text, more.Text, out at);

    private Span<byte> Begin(ReadOnlySpan<byte> name, ReadOnlySpan<byte> suffix, ReadOnlySpan<byte> labels, ReadOnlySpan<byte> more, out int at)
    {
        var line = output.GetSpan(name.Length + suffix.Length + labels.Length + more.Length + LongestNumber);
        at = Copy(name, line);
        at += Copy(suffix, line[at..]);
        if (!labels.IsEmpty || !more.IsEmpty)
        {
            line[at++] = (byte)'{';
            at += Copy(labels, line[at..]);
            if (!labels.IsEmpty && !more.IsEmpty) line[at++] = (byte)',';
            at += Copy(more, line[at..]);
            line[at++] = (byte)'}';
        }

        line[at++] = (byte)' ';
        return line;
    }

    private void End(Span<byte> line, int at)
    {
        line[at++] = (byte)'\n';
        output.Advance(at);
        _unflushed += at;
    }

    private void Write(string text)
    {
        int length = Encoding.UTF8.GetBytes(text, output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length)));
        output.Advance(length);
        _unflushed += length;
    }

    private static int Copy(ReadOnlySpan<byte> from, Span<byte> to)
    {
        from.CopyTo(to);
        return from.Length;
    }

    private static int Number(Span<byte> to, double value)
    {
        if (double.IsNaN(value)) return Copy("NaN"u8, to);
        if (double.IsInfinity(value)) return Copy(value > 0 ? "+Inf"u8 : "-Inf"u8, to);
        value.TryFormat(to, out int written, default, CultureInfo.InvariantCulture);
        return written;
    }

    private string Escape(string help)
    {
        string escaped = help.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);
        return _isOpenMetrics ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }

    private string TypeName(MetricKind kind) => kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.Gauge => "gauge",
        MetricKind.Histogram => "histogram",
        _ => _isOpenMetrics ? "unknown" : "untyped",
    };
}
