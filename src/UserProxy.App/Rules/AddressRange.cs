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
        // Most of the thousands of a set are one address.
        if (text.AsSpan().ContainsAny('.', ':') && IPAddress.TryParse(text, out var one)) return new(one, one, null);
        string[] ends = text.Split('-');
        if (ends.Length == 2)
            return IPAddress.TryParse(ends[0], out var first) && IPAddress.TryParse(ends[1], out var last) && first.AddressFamily == last.AddressFamily
                ? new(first, last, null)
                : null;
        return CidrBlock.TryParse(text, out var block) ? new(block.Address, block.Address, block) : null;
    }

    public bool Contains(IPAddress address)
    {
        if (Block is { } block) return block.Contains(address);
        if (ReferenceEquals(First, Last)) return address.Equals(First);
        return address.AddressFamily == Family && Compare(First, address) <= 0 && Compare(address, Last) <= 0;
    }

    private static int Compare(IPAddress one, IPAddress other) => one.GetAddressBytes().AsSpan().SequenceCompareTo(other.GetAddressBytes());
}
