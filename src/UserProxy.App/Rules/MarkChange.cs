using System.Globalization;
using System.Text.RegularExpressions;

namespace UserProxy.App.Rules;

/// <summary>
/// What a rule writes into a mark: <c>(packet's and OfPacket) xor (connection's and OfConnection) xor Flip</c>, which is all that either tool has words for.
/// </summary>
/// <param name="WritesConnection">Into that of the connection; else that of the packet.</param>
/// <param name="OfPacket">Bits that are taken from the packet's mark.</param>
/// <param name="OfConnection">From the connection's.</param>
/// <param name="Flip">Bits that are turned.</param>
/// <param name="IsUnknown">The words are not known here.</param>
internal sealed partial record MarkChange(bool WritesConnection, uint OfPacket, uint OfConnection, uint Flip, bool IsUnknown)
{
    private const uint All = uint.MaxValue;

    /// <summary>Without one nothing is written.</summary>
    public bool NeedsConnection => WritesConnection || OfConnection != 0;

    public Mark After(Mark packet, Mark connection) =>
        IsUnknown ? new Mark(0, All) : packet.And(OfPacket).Xor(connection.And(OfConnection)).Xor(new Mark(Flip, 0));

    /// <summary><c>meta mark set meta mark &amp; 0xffffbfff | 0x00000010</c></summary>
    public static MarkChange OfNft(string target, string expression)
    {
        bool writes = target == "ct";
        if (NftExpression().Match(expression.Trim()) is not { Success: true } read) return new(writes, 0, 0, 0, IsUnknown: true);
        uint packet = read.Groups["from"].Value is "meta mark" or "mark" ? All : 0, connection = read.Groups["from"].Value == "ct mark" ? All : 0;
        uint flip = packet + connection == 0 ? Number(read.Groups["from"].Value) : 0;
        for (int at = 0; at < read.Groups["op"].Captures.Count; at++)
        {
            uint number = Number(read.Groups["number"].Captures[at].Value);
            (packet, connection, flip) = read.Groups["op"].Captures[at].Value switch
            {
                "&" or "and" => (packet & number, connection & number, flip & number),
                "|" or "or" => (packet & ~number, connection & ~number, flip | number),
                _ => (packet, connection, flip ^ number),
            };
        }

        return new(writes, packet, connection, flip, IsUnknown: false);
    }

    /// <summary><c>-j MARK --set-xmark 0x4/0x4</c>; null: the target writes no mark.</summary>
    public static MarkChange? OfIptables(string target, string options)
    {
        bool writes = target == "CONNMARK";
        if (target is not ("MARK" or "CONNMARK" or "TPROXY")) return null;
        if (Xmark().Match(options) is { Success: true } set)
        {
            uint kept = ~Mask(set.Groups["mask"]);
            return new(writes, writes ? 0 : kept, writes ? kept : 0, Number(set.Groups["value"].Value), IsUnknown: false);
        }

        if (!writes) return target == "TPROXY" ? null : new(false, 0, 0, 0, IsUnknown: true);
        if (Moved().Match(options) is not { Success: true } moved) return new(true, 0, 0, 0, IsUnknown: true);
        uint packet = Mask(moved.Groups["packet"]), connection = Mask(moved.Groups["connection"]);
        return moved.Groups["what"].Value == "save"
            ? new(true, packet, ~connection, 0, IsUnknown: false)
            : new(false, ~packet, connection, 0, IsUnknown: false);
    }

    /// <summary>Of either tool: hexadecimal or not.</summary>
    public static uint Number(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal)
            ? uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint hexadecimal) ? hexadecimal : 0
            : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number : 0;

    private static uint Mask(Group group) => group.Success ? Number(group.Value) : All;

    [GeneratedRegex(@"^(?<from>meta mark|ct mark|mark|0x[0-9a-f]+|\d+)(?: (?<op>[&|^]|and|or|xor) (?<number>0x[0-9a-f]+|\d+))*$")]
    private static partial Regex NftExpression();

    [GeneratedRegex(@"--(?:set-x?|tproxy-)mark (?<value>0x[0-9a-f]+|\d+)(?:/(?<mask>0x[0-9a-f]+|\d+))?")]
    private static partial Regex Xmark();

    [GeneratedRegex(@"--(?<what>save|restore)-mark(?: --nfmask (?<packet>\S+) --ctmask (?<connection>\S+))?")]
    private static partial Regex Moved();
}
