namespace UserProxy.Linux.Tests.Netlink;

/// <summary>What a kernel (6.18, little endian) really sent, captured from a netlink socket.</summary>
internal static class Bytes
{
    /// <summary>local 10.96.0.1/32 dev lo table local proto 117</summary>
    public const string OurFour = "3400000018002200070000005341000002200000ff75fe020000000008000f00ff000000080001000a6000010800040001000000";

    /// <summary>local fd96::1/128 dev lo table local proto 117</summary>
    public const string OurSix =
        "740000001800220007000000534100000a800000ff7500020000000008000f00ff00000014000100fd96000000000000000000000000000108000600000400000800040001000000"
        + "24000c0000000000000000000000000000000000000000000000000000000000000000000500140000000000";

    /// <summary>local 127.0.0.1/32 dev lo table local proto kernel</summary>
    public const string Loopback = "3c00000018002200070000005341000002200000ff02fe020000000008000f00ff000000080001007f000001080007007f0000010800040001000000";

    /// <summary>local 127.0.0.0/8 dev lo table local proto kernel</summary>
    public const string LoopbackNet =
        "3c00000018002200070000005341000002080000ff02fe020000000008000f00ff000000080001007f000000080007007f0000010800040001000000";

    /// <summary>broadcast 127.255.255.255/32 dev lo table local proto kernel</summary>
    public const string Broadcast = "3c00000018002200070000005341000002200000ff02fd030000000008000f00ff000000080001007fffffff080007007f0000010800040001000000";

    public const string EndOfDump = "1400000003002200070000005341000000000000";

    /// <summary>EEXIST with NETLINK_CAP_ACK.</summary>
    public const string Exists = "24000000020000010900000053410000efffffff2c000000180005060900000000000000";

    /// <summary>EINVAL without NETLINK_CAP_ACK, so that the request is repeated, with the words "Invalid prefix length".</summary>
    public const string InvalidPrefix =
        "5c000000020000020a00000053410000eaffffff2c000000180005060a0000000000000002210000ff75fe0200000000080001000a60000108000400010000001a000100"
        + "496e76616c696420707265666978206c656e677468000000";

    public static byte[] Of(params string[] messages) => Convert.FromHexString(string.Concat(messages));
}
