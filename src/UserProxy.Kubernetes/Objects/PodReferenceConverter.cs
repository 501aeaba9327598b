using System.Text.Json;
using System.Text.Json.Serialization;

namespace UserProxy.Kubernetes.Objects;

/// <summary>
/// Reads a <c>targetRef</c> without its texts. What is no Pod, or no object at all, is no reference: nothing but the sharing of UDP ports depends on it.
/// </summary>
internal sealed class PodReferenceConverter : JsonConverter<PodReference>
{
    /// <summary>Names of Pods and namespaces have up to 253 characters, of one byte.</summary>
    private const int Longest = 256;

    public override bool HandleNull => true;

    public override PodReference Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return default;
        }

        ulong kind = 0, space = 0, name = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("kind"u8)) kind = ReadNumber(ref reader);
            else if (reader.ValueTextEquals("namespace"u8)) space = ReadNumber(ref reader);
            else if (reader.ValueTextEquals("name"u8)) name = ReadNumber(ref reader);
            else reader.Skip();
        }

        return kind == PodReference.Number("Pod"u8) ? new PodReference(space, name) : default;
    }

    /// <summary>Objects of the API are only read.</summary>
    public override void Write(Utf8JsonWriter writer, PodReference value, JsonSerializerOptions options) => writer.WriteNullValue();

    private static ulong ReadNumber(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String && (reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length) <= Longest)
        {
            Span<byte> text = stackalloc byte[Longest];
            return PodReference.Number(text[..reader.CopyString(text)]);
        }

        reader.Skip();
        return 0;
    }
}
