using System.Net;
using UserProxy.Model;
using UserProxy.Serving;
using UserProxy.Syncing;

namespace UserProxy.App.Servers.Http;

/// <summary>
/// A <see cref="SpreadPort{T}"/> of <see cref="HttpPorts"/>: looks every second whether it can be one socket again (docs/decisions/0030), and says who has the
/// port meanwhile. What the Proxier's loop does for Services.
/// </summary>
/// <param name="address">The wildcard.</param>
/// <param name="network">The node's addresses, and who holds the port.</param>
/// <param name="listen">Listens at one address.</param>
/// <param name="held">Told by whom the port is taken, each time when that is news, and null when it is one socket again.</param>
/// <param name="time">Between two looks.</param>
internal sealed class SpreadHttpPort(
    IPEndPoint address, NodeNetwork network, Func<IPEndPoint, PortSharing, HttpPort> listen, Action<KnownHolders?> held, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly KnownHolders _holders = new();
    private readonly SpreadPort<HttpPort> _port = new(
        TransportProtocol.Tcp, address, (at, sharing) => new(listen(at, sharing)), port => port.DisposeAsync().AsTask());

    /// <summary>Ends when it is disposed of, or with the first accept loop that dies.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>False when no address can be had.</summary>
    public async Task<bool> TryStartAsync()
    {
        await FollowAsync();
        if (_port.HasNoParts) return false;
        await ReportNewHoldersAsync(await FindAsync(withOwners: false));
        Completion = KeepAsync();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _port.CloseAllAsync();
        _stop.Dispose();
    }

    private async Task KeepAsync()
    {
        while (_port.Whole is null || !_port.HasNoParts)
        {
            await Task.WhenAny(Task.Delay(Look, time, _stop.Token), _port.Completion);
            if (_stop.IsCancellationRequested) return;
            if (_port.Completion.IsCompleted) break;
            if (_port.Whole is null) await LookAsync();
            else await _port.CloseIdlePartsAsync();
        }

        await _port.Completion.WaitAsync(_stop.Token);
    }

    private async Task LookAsync()
    {
        var sockets = await FindAsync(withOwners: false);
        if (await _port.TryBecomeWholeAsync(sockets))
        {
            held(null);
            return;
        }

        await ReportNewHoldersAsync(sockets);
        await FollowAsync();
    }

    private async Task ReportNewHoldersAsync(IReadOnlyList<BoundSocket> sockets)
    {
        if (!_holders.Update(_port.OthersOf(sockets))) return;
        _holders.Name(_port.OthersOf(await FindAsync(withOwners: true)));
        held(_holders);
    }

    private async Task FollowAsync() => await _port.FollowAsync(await Task.Run(network.ReadAddresses));

    private Task<IReadOnlyList<BoundSocket>> FindAsync(bool withOwners) => Task.Run(() => network.Find([(TransportProtocol.Tcp, address.Port)], withOwners));
}
