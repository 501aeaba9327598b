using System.Net;
using System.Net.Sockets;
using UserProxy.Model;

namespace UserProxy.App.Rules;

/// <summary>Addresses as rules name them: one, a block, or a first and a last. Pure.</summary>
internal readonly record struct AddressRange(IPAddress First, IPAddress Last, CidrBlock? Block)
{
    public AddressFamily Family => First.AddressFamily;

    public bool IsAll => Block is { PrefixLength: 0 };

    public bool IsLoopback => IPAddress.IsLoopback(First) && !IsAll;

    public static AddressRange? Of(string text)
    {
        string[] ends = text.Split('-');
        if (ends.Length == 2)
            return IPAddress.TryParse(ends[0], out var first) && IPAddress.TryParse(ends[1], out var last) && first.AddressFamily == last.AddressFamily
                ? new(first, last, null)
                : null;
        string whole = text.Contains('/', StringComparison.Ordinal) ? text : text.Contains(':', StringComparison.Ordinal) ? $"{text}/128" : $"{text}/32";
        return CidrBlock.TryParse(whole, out var block) ? new(block.Address, block.Address, block) : null;
    }

    public bool Contains(IPAddress address)
    {
        if (Block is { } block) return block.Contains(address);
        return address.AddressFamily == Family && Compare(First, address) <= 0 && Compare(address, Last) <= 0;
    }

    private static int Compare(IPAddress one, IPAddress other) => one.GetAddressBytes().AsSpan().SequenceCompareTo(other.GetAddressBytes());
}
