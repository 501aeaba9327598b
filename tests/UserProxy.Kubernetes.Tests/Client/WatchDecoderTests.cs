using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using FsCheck.Fluent;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Objects;
using UserProxy.Tests;

namespace UserProxy.Kubernetes.Tests.Client;

/// <summary>Bytes in, events out: whatever the bytes, and however they are cut.</summary>
public sealed class WatchDecoderTests
{
    private static readonly string[] Lines =
    [
        """{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"demo","resourceVersion":"1"},"spec":{"ports":[{"port":80}]}}}""",
        """{"object":{"metadata":{"name":"b","namespace":"demo","resourceVersion":"2"}},"type":"MODIFIED"}""",
        """{"type":"DELETED","object":{"spec":7,"metadata":{"name":"c","namespace":"demo","resourceVersion":"3"}}}""",
        """{"type":"BOOKMARK","object":{"kind":"Service","metadata":{"resourceVersion":"4","creationTimestamp":null},"spec":{}}}""",
        """{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"old"}}""",
    ];

    [Fact]
    public async Task Read_KnownLines_GiveTheirEvents()
    {
        var events = await DecodeAsync(Encoding.UTF8.GetBytes(string.Join("\n", Lines) + "\r\n\n"), 1);
        events.Select(found => (found.Kind, found.Id?.ToString(), found.ResourceVersion)).ShouldBe(
        [
            (WatchEventKind.Upsert, "demo/a", "1"),
            (WatchEventKind.Upsert, "demo/b", "2"),
            (WatchEventKind.Delete, "demo/c", "3"),
            (WatchEventKind.Bookmark, null, "4"),
            (WatchEventKind.Error, null, null),
        ]);
        events[0].Item!.Spec!.Ports![0].Port.ShouldBe(80);
        ApiStatus.TryRead(events[4].Status!)!.IsGone.ShouldBeTrue();
    }

    [Theory]
    [InlineData("nonsense", null)]
    [InlineData("[]", null)]
    [InlineData("""{"type":"ADDED"}""", null)]
    [InlineData("""{"type":"ADDED","object":null}""", null)]
    [InlineData("""{"type":"NEWS","object":{"metadata":{"name":"a"}}}""", "a")]
    [InlineData("""{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"demo"},"spec":{"ports":{}}}}""", "demo/a")]
    [InlineData("""{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"demo"},"spec":{"ports":[{"port":99999999999}]}}}""", "demo/a")]
    [InlineData("""{"type":"ADDED","object":{"metadata":{"name":"a","namespace":"demo"},"spec":{"clusterIPs":[null]}}}""", "demo/a")]
    [InlineData("""{"type":"ADDED","object":{"metadata":{"name":"../etc","namespace":"demo"}}}""", "demo/../etc")]
    [InlineData("""{"type":"ADDED","object":{"metadata":{"namespace":"demo"}}}""", null)]
    [InlineData("""{"type":"ADDED","object":{}}""", null)]
    [InlineData("""{"type":"BOOKMARK","object":{}}""", null)]
    [InlineData("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"\\ud800\"}}}", null)]
    public async Task Read_BadLine_IsInvalidAndTheNextIsRead(string line, string? id)
    {
        var events = await DecodeAsync(Encoding.UTF8.GetBytes($"{line}\n{Lines[0]}\n"), 5);
        events.Count.ShouldBe(2);
        events[0].Kind.ShouldBe(WatchEventKind.Invalid);
        events[0].Id?.ToString().ShouldBe(id);
        events[0].Flaw.ShouldNotBeNullOrEmpty();
        events[1].Kind.ShouldBe(WatchEventKind.Upsert);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task Read_LineTooLong_IsSkippedWithoutBeingKept(int piece)
    {
        var events = await DecodeAsync(Encoding.UTF8.GetBytes(new string('x', 5000) + "\n" + Lines[0] + "\n"), piece, maxLineBytes: 500);
        events.Select(found => found.Kind).ShouldBe([WatchEventKind.Invalid, WatchEventKind.Upsert]);
    }

    [Fact]
    public async Task Read_CutInALine_Ends() => (await DecodeAsync(Encoding.UTF8.GetBytes(Lines[0] + "\n" + Lines[1]), 7)).Count.ShouldBe(1);

    [Fact]
    public void Read_AnyBytes_NeitherFailsNorHangs() =>
        PropertyCheck.ForAll(ArbMap.Default.GeneratorFor<byte[]>(), bytes => Survives(bytes, 3));

    [Fact]
    public void Read_MutatedLines_NeitherFailNorHang()
    {
        var mutations = from line in Gen.Elements(Lines)
                        from at in Gen.Choose(0, line.Length - 1)
                        from length in Gen.Choose(0, 12)
                        from insert in ArbMap.Default.GeneratorFor<byte[]>()
                        select Mutate(line, at, length, insert);
        // After each, a good line on its own: it must come through unless the mutation has swallowed nothing but itself.
        PropertyCheck.ForAll(
            mutations,
            bytes =>
            {
                byte[] all = [.. bytes, (byte)'\n', .. Encoding.UTF8.GetBytes(Lines[0]), (byte)'\n'];
                Survives(all, 11)[^1].Kind.ShouldBe(WatchEventKind.Upsert);
            });
    }

    [Fact]
    public void List_MutatedBytes_EndInItemsOrInWhatIsWrong()
    {
        string list =
            """{"kind":"ServiceList","metadata":{"resourceVersion":"5"},"items":["""
            + """{"metadata":{"name":"a"}},{"metadata":{"name":"b"},"spec":{"ports":[{"port":1}]}}]}""";
        var mutations = from at in Gen.Choose(0, list.Length - 1)
                        from length in Gen.Choose(0, 8)
                        from insert in ArbMap.Default.GeneratorFor<byte[]>()
                        select Mutate(list, at, length, insert);
        PropertyCheck.ForAll(mutations, bytes => ListAsync(bytes).WaitAsync(TimeSpan.FromSeconds(90)).GetAwaiter().GetResult());
    }

    [Theory]
    [InlineData(
        """{"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"bad"},"spec":[]},{"metadata":{"name":"b"}}],"""
            + """ "metadata":{"resourceVersion":"9","continue":"x"}}""",
        "a !bad b",
        "9")]
    [InlineData("""{"metadata":{"resourceVersion":"1"},"items":null}""", "", "1")]
    [InlineData("""{"metadata":{"resourceVersion":"1"},"extra":{"items":[{}]},"items":[]}""", "", "1")]
    public async Task List_ItemsInAnyOrder_AreReadOneByOne(string json, string expected, string version)
    {
        var (items, meta) = await ListAsync(Encoding.UTF8.GetBytes(json));
        string.Join(' ', items.Select(item => (item.Flaw is null ? "" : "!") + item.Id)).ShouldBe(expected);
        meta!.ResourceVersion.ShouldBe(version);
    }

    /// <summary>However the bytes are cut: an item is read when its last byte is there, and the metadata before it.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1 << 20)]
    public async Task List_Pieces_GiveMetadataAndThenEachItem(int piece)
    {
        string large = new('x', 200_000); // more than one buffer
        byte[] list = Encoding.UTF8.GetBytes(
            """{"kind":"ServiceList","metadata":{"resourceVersion":"5"},"items":[{"metadata":{"name":"a"}} , null,"""
                + $$$"""{"metadata":{"name":"b","x":"{{{large}}}"}}]} """);
        var seen = new List<string>();
        var decoder = new ListDecoder<ServiceObject>(new PiecewiseStream(list, piece), ApiResources.Services, 1 << 20);
        await decoder.ReadAsync(item => seen.Add(item.Flaw ?? item.Id!.Value.Name), meta => seen.Add(meta.ResourceVersion!), CancellationToken.None);
        seen.ShouldBe(["5", "a", "is null", "b"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"items\":{}}")]
    [InlineData("{\"items\":[{}")]
    [InlineData("{\"items\":[{}]}{}")]
    [InlineData("{\"metadata\":7}")]
    [InlineData("{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[],\"x\":[}")]
    public Task List_ThatIsNone_IsSaidToBe(string json) => Should.ThrowAsync<JsonException>(
        () => new ListDecoder<ServiceObject>(new PiecewiseStream(Encoding.UTF8.GetBytes(json), 3), ApiResources.Services, 1 << 20)
            .ReadAsync(_ => { }, metadataIsRead: null, CancellationToken.None));

    private static byte[] Mutate(string line, int at, int length, byte[] insert)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line);
        return [.. bytes[..at], .. insert, .. bytes[Math.Min(bytes.Length, at + length)..]];
    }

    private static List<WatchEvent<ServiceObject>> Survives(byte[] bytes, int piece) =>
        DecodeAsync(bytes, piece).WaitAsync(TimeSpan.FromSeconds(90)).GetAwaiter().GetResult();

    private static async Task<List<WatchEvent<ServiceObject>>> DecodeAsync(byte[] bytes, int piece, int maxLineBytes = 1 << 20)
    {
        var decoder = new WatchDecoder<ServiceObject>(PipeReader.Create(new PiecewiseStream(bytes, piece)), ApiResources.Services, maxLineBytes);
        var events = new List<WatchEvent<ServiceObject>>();
        while (await decoder.ReadAsync(CancellationToken.None) is { } found) events.Add(found);
        return events;
    }

    private static async Task<(List<DecodedItem<ServiceObject>> Items, ListMeta? Meta)> ListAsync(byte[] bytes)
    {
        try
        {
            var items = new List<DecodedItem<ServiceObject>>();
            var decoder = new ListDecoder<ServiceObject>(new PiecewiseStream(bytes, 13), ApiResources.Services, 1 << 20);
            await decoder.ReadAsync(items.Add, metadataIsRead: null, CancellationToken.None);
            return (items, decoder.Metadata);
        }
        catch (JsonException)
        {
            return ([], null);
        }
    }

    /// <summary>Gives its bytes a few at a time, as a slow network does.</summary>
    private sealed class PiecewiseStream(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            return Read(buffer.Span[..Math.Min(piece, buffer.Length)]);
        }
    }
}
