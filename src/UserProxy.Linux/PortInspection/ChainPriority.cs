using System.Globalization;

namespace UserProxy.Linux.PortInspection;

/// <summary>In which order the kernel calls the chains of one hook: the names of nft(8), and where iptables hangs its tables. Pure.</summary>
internal static class ChainPriority
{
    private static readonly Dictionary<string, int> Names = new()
    {
        ["raw"] = -300,
        ["mangle"] = -150,
        ["dstnat"] = -100,
        ["filter"] = 0,
        ["security"] = 50,
        ["srcnat"] = 100,
    };

    /// <summary>Of a table of iptables.</summary>
    public static int Of(string table, string hook) =>
        Names.GetValueOrDefault(table == "nat" ? hook is "prerouting" or "output" ? "dstnat" : "srcnat" : table);

    /// <summary><c>filter</c>, <c>filter - 5</c>, <c>-300</c>; what is not known is as filter.</summary>
    public static int Read(string text)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0) return 0;
        int first = Names.TryGetValue(words[0], out int named) ? named : Number(words[0]);
        return words.Length == 3 ? first + (words[1] == "-" ? -Number(words[2]) : Number(words[2])) : first;
    }

    private static int Number(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : 0;
}
