using System.Runtime.InteropServices;
using System.Text;
using UserProxy.Linux.Transparent;

namespace UserProxy.Linux.Tests.Transparent;

public sealed class NetworkChangesTests
{
    [Theory]
    [InlineData(0, "userproxy_clients", true)] // NFT_MSG_NEWTABLE: it may be asleep now
    [InlineData(2, "userproxy_clients", true)] // NFT_MSG_DELTABLE
    [InlineData(5, "userproxy_clients", true)] // NFT_MSG_DELCHAIN
    [InlineData(6, "userproxy_clients", true)] // NFT_MSG_NEWRULE
    [InlineData(8, "userproxy_clients", true)] // NFT_MSG_DELRULE
    [InlineData(12, "userproxy_clients", false)] // NFT_MSG_NEWSETELEM: a flow
    [InlineData(0, "userproxy_clients_probe", false)]
    [InlineData(2, "others", false)]
    public void TouchesOurs_ByMessageAndTable(int message, string table, bool expected) =>
        NetworkChanges.TouchesOurs(Notification(message, table)).ShouldBe(expected);

    /// <summary>Something was missed.</summary>
    [Fact]
    public void TouchesOurs_Nothing_MayBeAnything() => NetworkChanges.TouchesOurs([]).ShouldBeTrue();

    /// <summary>Header, struct nfgenmsg, NFTA_TABLE_NAME.</summary>
    private static byte[] Notification(int message, string table)
    {
        const int HeaderLength = 16, GenericLength = 4;
        byte[] name = Encoding.ASCII.GetBytes(table + '\0');
        byte[] bytes = new byte[HeaderLength + GenericLength + ((4 + name.Length + 3) & ~3)];
        MemoryMarshal.Write(bytes, bytes.Length);
        MemoryMarshal.Write(bytes.AsSpan(4), (ushort)((10 << 8) | message));
        MemoryMarshal.Write(bytes.AsSpan(HeaderLength + GenericLength), (ushort)(4 + name.Length));
        MemoryMarshal.Write(bytes.AsSpan(HeaderLength + GenericLength + 2), (ushort)1);
        name.CopyTo(bytes, HeaderLength + GenericLength + 4);
        return bytes;
    }
}
