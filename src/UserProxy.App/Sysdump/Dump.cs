using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace UserProxy.App.Sysdump;

/// <summary>The parts of one archive, made and ready to be written.</summary>
/// <param name="Parts">In the order of the archive.</param>
/// <param name="MadeAt">The time of its files.</param>
internal sealed record Dump(IReadOnlyList<DumpPart> Parts, DateTimeOffset MadeAt)
{
    private const string Folder = "userproxy-sysdump/";

    public IEnumerable<DumpPart> Missing => Parts.Where(part => part.State == DumpPart.IsMissing);

    public async Task WriteAsync(Stream output, CancellationToken cancellation)
    {
        await using var zip = new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true);
        await using var tar = new TarWriter(zip, TarEntryFormat.Pax, leaveOpen: true);
        foreach (var part in Parts)
        {
            if (part.Text is not { } text) continue;
            await tar.WriteEntryAsync(
                new PaxTarEntry(TarEntryType.RegularFile, Folder + part.Name)
                {
                    Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                    ModificationTime = MadeAt,
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)),
                },
                cancellation);
        }
    }
}

/// <summary>One file of an archive, or why it is not in it.</summary>
/// <param name="Name">Of the file.</param>
/// <param name="Text">Null when there is none.</param>
/// <param name="State"><see cref="IsWhole"/>, <see cref="IsMissing"/>, or <see cref="IsElsewhere"/>.</param>
/// <param name="Why">It is not whole; null when it is.</param>
internal sealed record DumpPart(string Name, string? Text, string State, string? Why)
{
    public const string IsWhole = "whole", IsMissing = "missing", IsElsewhere = "elsewhere";
}
