using UserProxy.Kubernetes;

namespace UserProxy.App.CommandLine;

/// <summary>
/// The border between what tenants may write (zones, node names, hints, reasons, issues) and a terminal. Control characters (line breaks are some) and marks of
/// direction are escaped; nothing is cut. All text for people passes through here; JSON and YAML have escapes of their own.
/// </summary>
internal static class PrintedLine
{
    public static string Of(string text) => PrintableText.Of(text, maxLength: int.MaxValue);
}
