namespace UserProxy.App.CommandLine;

/// <summary>A number with its noun: <c>1 dial</c>, <c>2 dials</c>.</summary>
internal static class Amount
{
    public static string Of(long count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    /// <summary>Behind "the last": <c>dial</c>, <c>2 dials</c>.</summary>
    public static string OfMany(int count, string what) => count == 1 ? what : $"{count} {what}s";
}
