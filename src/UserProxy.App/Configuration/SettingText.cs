using System.Net;

namespace UserProxy.App.Configuration;

/// <summary>Writes the value of one setting as <see cref="SettingValues"/> would read it.</summary>
internal static class SettingText
{
    public static string[]? Texts<T>(IReadOnlyList<T> values) => values.Count == 0 ? null : [.. values.Select(value => value!.ToString()!)];

    public static string Address(IPEndPoint? address) => address?.ToString() ?? "off";

    public static object Limit(int? limit) => limit is { } most ? most : "none";

    public static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
