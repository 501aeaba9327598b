using System.Buffers;
using System.Text;
using System.Text.Json;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Tests.Building;

/// <summary>Which Pod an endpoint is: asked for whether two are the same, and read without its name.</summary>
public sealed class PodReferenceTests
{
    [Theory]
    [InlineData("""{"kind": "Pod", "namespace": "shop", "name": "web-0", "uid": "x"}""", "shop", "web-0")]
    [InlineData("""{"name": "web-0", "extra": {"name": [1, {}]}, "kind": "Pod"}""", null, "web-0")]
    [InlineData("""{"kind": "Pod", "name": "w\u0065b-0", "namespace": null}""", null, "web-0")]
    public void Read_Pod_IsItsName(string json, string? @namespace, string name)
    {
        Read(json).ShouldBe(Of(@namespace, name));
        Read(json).In("shop").ShouldBe(Of("shop", name).In("other"));
        Read(json).In("shop").ShouldNotBe(Of("shop", "web-1").In("shop"));
        Of("a", name).In("shop").ShouldNotBe(Of("b", name).In("shop"));
    }

    /// <summary>An object with an odd reference is served: its endpoint is nobody's Pod.</summary>
    [Theory]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("[{}]")]
    [InlineData("\"Pod\"")]
    [InlineData("{}")]
    [InlineData("""{"kind": "Pod"}""")]
    [InlineData("""{"kind": "Pod", "name": ""}""")]
    [InlineData("""{"kind": "Pod", "name": 7}""")]
    [InlineData("""{"kind": "Pod", "name": {"name": "web"}}""")]
    [InlineData("""{"kind": "Node", "name": "web-0"}""")]
    [InlineData("""{"name": "web-0"}""")]
    public void Read_NoPod_IsNone(string json) => Read(json).In("shop").ShouldBe(0ul);

    [Fact]
    public void Read_NameLongerThanAny_IsNone() => Read($$"""{"kind": "Pod", "name": "{{new string('a', 1_000)}}"}""").In("shop").ShouldBe(0ul);

    /// <summary>Bytes of a watch come in pieces.</summary>
    [Fact]
    public void Read_InPieces_IsTheSame()
    {
        byte[] json = Encoding.UTF8.GetBytes(
            """{"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "namespace": "shop", "name": "web-0"}, "zone": "a"}""");
        for (int at = 1; at < json.Length; at++)
        {
            var reader = new Utf8JsonReader(InPieces(json, at));
            var endpoint = JsonSerializer.Deserialize(ref reader, ApiJson.Default.EndpointObject)!;
            (endpoint.TargetRef, endpoint.Zone).ShouldBe((Of("shop", "web-0"), "a"));
        }
    }

    private static PodReference Of(string? @namespace, string name) =>
        new(PodReference.Number(Encoding.UTF8.GetBytes(@namespace ?? "")), PodReference.Number(Encoding.UTF8.GetBytes(name)));

    private static ReadOnlySequence<byte> InPieces(byte[] bytes, int at)
    {
        var first = new Piece(bytes.AsMemory(..at), null);
        var last = new Piece(bytes.AsMemory(at..), first);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private static PodReference Read(string targetRef) =>
        JsonSerializer.Deserialize($$"""{"addresses": ["10.0.0.1"], "targetRef": {{targetRef}}, "zone": "a"}""", ApiJson.Default.EndpointObject)!.TargetRef;

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is null) return;
            before.Next = this;
            RunningIndex = before.RunningIndex + before.Memory.Length;
        }
    }
}
