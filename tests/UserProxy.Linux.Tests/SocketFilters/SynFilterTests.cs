using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Linux.Epoll;
using UserProxy.Linux.Loops;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Serving;

namespace UserProxy.Linux.Tests.SocketFilters;

/// <summary>The kernel's side of it, both families; as a proxy it is shown by the functional tests.</summary>
public sealed class SynFilterTests : IAsyncDisposable
{
    private readonly LoopTransport _transport = EpollTransport.Create(1, NullLogger.Instance);

    public ValueTask DisposeAsync() => _transport.DisposeAsync();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task SetAdmission_WhileListening_DecidesWhoseSynIsDiscarded(string text)
    {
        var address = IPAddress.Parse(text);
        Assert.SkipUnless(address.AddressFamily == AddressFamily.InterNetwork || Socket.OSSupportsIPv6, "this machine has no IPv6");
        await using var listener = await _transport.BindAsync(new IPEndPoint(address, 0), new ListenOptions { Admission = Admission.Nobody });
        listener.IsFiltered.ShouldBeTrue();
        (await IsDiscardedAsync(listener.EndPoint)).ShouldBeTrue();

        listener.SetAdmission(Of(new CidrBlock(address, address.GetAddressBytes().Length * 8)));
        (await IsDiscardedAsync(listener.EndPoint)).ShouldBeFalse();

        listener.SetAdmission(Of(new CidrBlock(IPAddress.Parse("192.0.2.0"), 24), new CidrBlock(IPAddress.Parse("2001:db8::"), 32)));
        (await IsDiscardedAsync(listener.EndPoint)).ShouldBeTrue();

        listener.SetAdmission(null);
        listener.IsFiltered.ShouldBeTrue();
        (await IsDiscardedAsync(listener.EndPoint)).ShouldBeFalse();
    }

    [Fact]
    public async Task SetAdmission_TooLargeForAProgram_SaysSoAndLetsEveryoneIn()
    {
        await using var listener = await _transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), new ListenOptions { Admission = Admission.Nobody });
        var blocks = Enumerable.Range(0, 5_000).Select(number => new CidrBlock(new IPAddress([10, (byte)(number >> 8), (byte)number, 0]), 24));

        listener.SetAdmission(Of([.. blocks]));

        listener.IsFiltered.ShouldBeFalse();
        (await IsDiscardedAsync(listener.EndPoint)).ShouldBeFalse();
    }

    [Fact]
    public async Task SetAdmission_SomeHundredBlocks_TheKernelTakesThem()
    {
        await using var listener = await _transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), ListenOptions.Default);
        var blocks = Enumerable.Range(0, 500).Select(number => new CidrBlock(new IPAddress([10, (byte)(number >> 8), (byte)number, 0]), 24));

        listener.SetAdmission(Of([.. blocks]));

        listener.IsFiltered.ShouldBeTrue();
        (await IsDiscardedAsync(listener.EndPoint)).ShouldBeTrue();
        listener.SetAdmission(Of([.. blocks, new CidrBlock(IPAddress.Loopback, 32)]));
        (await IsDiscardedAsync(listener.EndPoint)).ShouldBeFalse();
    }

    [Fact]
    public async Task SetAdmission_AfterDispose_IsNoFailure()
    {
        var listener = await _transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), ListenOptions.Default);
        await listener.DisposeAsync();
        listener.SetAdmission(Admission.Nobody);
        listener.IsFiltered.ShouldBeFalse();
    }

    private static Admission Of(params CidrBlock[] blocks) => new([new(blocks)]);

    /// <summary>Discarded: not answered, and sent again by the kernel (tcpi_retransmits, the third byte of struct tcp_info).</summary>
    private static async Task<bool> IsDiscardedAsync(EndPoint listener)
    {
        using var client = new Socket(listener.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        var connecting = client.ConnectAsync(listener);
        byte[] info = new byte[104];
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (!connecting.IsCompleted && info[2] == 0)
        {
            await Task.Delay(5, deadline.Token);
            client.GetRawSocketOption(6, 11, info);
        }

        bool discarded = !connecting.IsCompleted;
        client.Dispose();
        await connecting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return discarded;
    }
}
