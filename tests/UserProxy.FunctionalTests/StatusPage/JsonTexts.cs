using System.Text.Json;

namespace UserProxy.FunctionalTests.StatusPage;

/// <summary>What a page shows, out of the JSON of what was seen.</summary>
internal static class JsonTexts
{
    public static string[] Texts(this JsonElement list) => [.. list.EnumerateArray().Select(one => one.GetString()!)];
}
