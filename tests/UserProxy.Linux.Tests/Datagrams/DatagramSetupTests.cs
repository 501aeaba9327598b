using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.Datagrams;
using UserProxy.Linux.Kernel;
using UserProxy.Serving;

namespace UserProxy.Linux.Tests.Datagrams;

public sealed class DatagramSetupTests
{
    private const int SocketLevel = 1, ReusePort = 15;

    public static TheoryData<string, int> AddressesAndLoops => new MatrixTheoryData<string, int>(["127.0.0.1", "::1", "0.0.0.0", "::"], [1, 3]);

    [Theory]
    [MemberData(nameof(AddressesAndLoops))]
    public void Bind_FreePort_IsASocketForEachLoop(string text, int loops)
    {
        var endpoint = FreeEndPoint(text);

        var handles = DatagramSetup.Bind(endpoint, ListenOptions.Default, loops);

        handles.Length.ShouldBe(loops);
        foreach (var handle in handles)
        {
            using var socket = handle.Borrow();
            socket.LocalEndPoint.ShouldBe(endpoint);
            handle.Dispose();
        }

        Loopback.ShouldBecomeFree(endpoint);
    }

    [Theory]
    [MemberData(nameof(AddressesAndLoops))]
    public void Bind_ForeignSocketHasThePort_IsAddressInUse(string text, int loops)
    {
        var endpoint = FreeEndPoint(text);
        using var foreign = Loopback.Open(endpoint.Address, endpoint.Port);
        ShouldBeTaken(endpoint, loops);
    }

    /// <summary>With SO_REUSEPORT on both sides the kernel would let us in, and share the clients out between us in silence.</summary>
    [Theory]
    [MemberData(nameof(AddressesAndLoops))]
    public void Bind_ForeignSocketSharesThePort_IsAddressInUseAllTheSame(string text, int loops)
    {
        var endpoint = FreeEndPoint(text);
        using var foreign = new Socket(endpoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        foreign.SetRawSocketOption(SocketLevel, ReusePort, BitConverter.GetBytes(1));
        foreign.Bind(endpoint);
        ShouldBeTaken(endpoint, loops);
    }

    [Fact]
    public void Bind_Twice_TheSecondIsAddressInUse()
    {
        var endpoint = FreeEndPoint("127.0.0.1");
        var handles = DatagramSetup.Bind(endpoint, ListenOptions.Default, 2);
        ShouldBeTaken(endpoint, 2);
        foreach (var handle in handles) handle.Dispose();
    }

    /// <summary>Between fork and exec they have all sockets of this process.</summary>
    [Fact]
    public async Task Bind_WhileProcessesAreStarted_IsNotTaken()
    {
        int started = 0;
        using var stop = new CancellationTokenSource();
        var starting = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var process = Process.Start("true");
                process.WaitForExit();
                Interlocked.Increment(ref started);
            }
        });
        try
        {
            do
            {
                foreach (var handle in DatagramSetup.Bind(FreeEndPoint("0.0.0.0"), ListenOptions.Default, 2)) handle.Dispose();
            }
            while (Volatile.Read(ref started) < 100);
        }
        finally
        {
            await stop.CancelAsync();
            await starting;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Bind_IPv6Wildcard_LeavesIPv4Alone(int loops)
    {
        var six = FreeEndPoint("::");
        var handles = DatagramSetup.Bind(six, ListenOptions.Default, loops);
        Loopback.Open(IPAddress.Any, six.Port).Dispose();
        foreach (var handle in handles) handle.Dispose();
    }

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("2001:db8::1")]
    public void Bind_AddressOfNobody_OnlyFreely(string text)
    {
        var endpoint = new IPEndPoint(Loopback.Address(text), FreePort.Next());
        Should.Throw<SocketException>(() => DatagramSetup.Bind(endpoint, ListenOptions.Default, 1)).SocketErrorCode.ShouldBe(SocketError.AddressNotAvailable);

        using var handle = DatagramSetup.Bind(endpoint, new ListenOptions { FreeBind = true }, 1)[0];

        using var socket = handle.Borrow();
        socket.LocalEndPoint.ShouldBe(endpoint);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Bind_Fails_LeavesNoDescriptorOpen(int loops)
    {
        var endpoint = FreeEndPoint("127.0.0.1");
        using var foreign = Loopback.Open(endpoint.Address, endpoint.Port);
        ShouldBeTaken(endpoint, loops);
        // The port is free again when the foreign socket has gone: nothing of ours holds it.
        foreign.Dispose();
        Loopback.ShouldBecomeFree(endpoint);
    }

    /// <summary>A burst of some thousand datagrams waits; the default holds 256.</summary>
    [Fact]
    public void Bind_ReceiveBuffer_IsLargerThanTheDefault()
    {
        using var plain = Loopback.Open(IPAddress.Loopback);
        using var handle = Loopback.Listen(IPAddress.Loopback);
        using var socket = handle.Borrow();
        Assert.SkipUnless(
            int.Parse(File.ReadAllText("/proc/sys/net/core/rmem_max"), System.Globalization.CultureInfo.InvariantCulture) > plain.ReceiveBufferSize,
            "the system allows no more");
        socket.ReceiveBufferSize.ShouldBeGreaterThan(plain.ReceiveBufferSize);
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public void OpenUpstream_IsUnconnectedAndOfItsFamily(AddressFamily family)
    {
        Assert.SkipUnless(family == AddressFamily.InterNetwork || Socket.OSSupportsIPv6, "this machine has no IPv6");
        using var handle = new FileHandle(DatagramSetup.OpenUpstream(family));
        using var socket = handle.Borrow();
        (socket.AddressFamily, socket.SocketType).ShouldBe((family, SocketType.Dgram));
        Should.Throw<SocketException>(() => socket.Send([1])).SocketErrorCode.ShouldBe(SocketError.DestinationAddressRequired);
    }

    private static IPEndPoint FreeEndPoint(string text)
    {
        var address = Loopback.Address(text);
        return new IPEndPoint(address, FreePort.Next());
    }

    private static void ShouldBeTaken(IPEndPoint endpoint, int loops) =>
        Should.Throw<SocketException>(
            () => DatagramSetup.Bind(endpoint, ListenOptions.Default, loops)).SocketErrorCode.ShouldBe(SocketError.AddressAlreadyInUse);
}
