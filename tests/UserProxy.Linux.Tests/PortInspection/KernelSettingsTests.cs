using UserProxy.Linux.PortInspection;

namespace UserProxy.Linux.Tests.PortInspection;

public sealed class KernelSettingsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-sysctl-");

    private KernelSettings Settings => new(_folder.FullName);

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>The larger of both counts (ip-sysctl of the kernel's documentation).</summary>
    [Theory]
    [InlineData("0", "1", 1)]
    [InlineData("2", "1", 2)]
    [InlineData("1", "0", 1)]
    [InlineData("0", "0", 0)]
    public void ReversePathFilter_IsTheLargerOfBoth(string all, string own, int expected)
    {
        Write("net/ipv4/conf/all/rp_filter", all);
        Write("net/ipv4/conf/eth0.100/rp_filter", own);

        Settings.ReversePathFilter("eth0.100").ShouldBe(expected);
        Settings.ReversePathFilter("eth1").ShouldBeNull();
    }

    [Theory]
    [InlineData(32768, true)]
    [InlineData(30080, false)]
    [InlineData(32770, false)]
    [InlineData(33005, false)]
    [InlineData(33011, true)]
    public void IsEphemeral_InTheRange_AndNotReserved(int port, bool expected)
    {
        Write("net/ipv4/ip_local_port_range", "32768\t60999\n");
        Write("net/ipv4/ip_local_reserved_ports", "32770,33000-33010\n");

        Settings.IsEphemeral(port).ShouldBe(expected);
    }

    [Fact]
    public void IsIPv6Off_SwitchedOffOrNotThere()
    {
        Settings.IsIPv6Off("all").ShouldBeTrue();
        Write("net/ipv6/conf/all/disable_ipv6", "0\n");
        Settings.IsIPv6Off("all").ShouldBeFalse();
        Write("net/ipv6/conf/all/disable_ipv6", "1\n");
        Settings.IsIPv6Off("all").ShouldBeTrue();
    }

    [Fact]
    public void Read_ThisKernel_TellsThem() => new KernelSettings().Number("net/ipv4/conf/all/rp_filter").ShouldNotBeNull();

    private void Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
