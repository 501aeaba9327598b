namespace UserProxy.App.CommandLine;

/// <summary>A number with its noun: <c>1 dial</c>, <c>2 dials</c>.</summary>
internal static class Amount
{
    public static string Of(long count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    /// <summary>Of all that there are: <c>its only endpoint does not answer</c>, <c>none of 3 endpoints answers</c>.</summary>
    public static string NoneOf(int count, string what, string does, string doesNot) =>
        count == 1 ? $"its only {what} {doesNot}" : $"none of {count} {what}s {does}";

    /// <summary>Behind "the last": <c>dial</c>, <c>2 dials</c>.</summary>
    public static string OfMany(int count, string what) => count == 1 ? what : $"{count} {what}s";
}
