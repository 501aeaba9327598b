using System.Globalization;
using System.Text.Json;

namespace UserProxy.App.CommandLine;

/// <summary>Where a text is no JSON, or not the JSON that was wanted, as people count lines and bytes: from 1.</summary>
internal static class JsonFault
{
    public static string Of(JsonException fault)
    {
        if (fault.LineNumber is not { } line || fault.BytePositionInLine is not { } position) return "its text is no JSON";
        string at = string.Create(CultureInfo.InvariantCulture, $"line {line + 1}, byte {position + 1}");
        // What is no JSON at all comes from the reader beneath.
        if (fault.Path is not { } path || fault.InnerException is JsonException) return $"it is damaged, or cut off, at {at}";
        return path.Length > 2 ? $"{path[2..]} is not what belongs there ({at})" : $"fields are missing ({at})";
    }
}
