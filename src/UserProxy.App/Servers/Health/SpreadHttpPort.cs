using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Serving;
using UserProxy.Syncing;

namespace UserProxy.App.Servers.Health;

/// <summary>
/// A wildcard address of <see cref="HttpPorts"/> as a socket for each address of the node, while somebody else has the port on one of them; then it is one socket again
/// (docs/decisions/0030). What the Proxier does for Services.
/// </summary>
/// <param name="address">The wildcard.</param>
/// <param name="network">The node's addresses, and who holds the port.</param>
/// <param name="listen">Listens at one address.</param>
/// <param name="whole">Called when it is one socket again.</param>
/// <param name="time">Between two looks.</param>
internal sealed class SpreadHttpPort(IPEndPoint address, NodeNetwork network, Func<IPEndPoint, PortSharing, HttpPort> listen, Action whole, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<IPAddress, HttpPort> _parts = [];
    private HttpPort? _whole;

    /// <summary>Ends when it is disposed of, or with the first accept loop that dies.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>False when no address can be had.</summary>
    public async Task<bool> TryStartAsync()
    {
        await FollowAsync();
        if (_parts.Count == 0) return false;
        Completion = KeepAsync();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await LetGoOfPartsAsync();
        if (_whole is not null) await _whole.DisposeAsync();
        _stop.Dispose();
    }

    private async Task KeepAsync()
    {
        while (_whole is null)
        {
            await Task.WhenAny([Task.Delay(Look, time, _stop.Token), .. _parts.Values.Select(part => part.Completion)]);
            if (_stop.IsCancellationRequested) return;
            if (_parts.Values.FirstOrDefault(part => part.Completion.IsCompleted) is { } dead)
            {
                await dead.Completion;
                return;
            }

            if (!await TryBeWholeAsync()) await FollowAsync();
        }

        whole();
        await _whole.Completion.WaitAsync(_stop.Token);
    }

    /// <summary>Bound before the parts go, so that nobody is refused in between.</summary>
    private async Task<bool> TryBeWholeAsync()
    {
        var sockets = await Task.Run(() => network.Find([(TransportProtocol.Tcp, address.Port)], withOwners: false));
        if (sockets.Any(socket => socket.Blocks(TransportProtocol.Tcp, address) && !_parts.ContainsKey(socket.Local.Address))) return false;
        try
        {
            _whole = listen(address, PortSharing.OverParts);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return false;
        }

        await LetGoOfPartsAsync();
        return true;
    }

    private async Task FollowAsync()
    {
        var all = await Task.Run(network.ReadAddresses);
        var wanted = all.Where(each => each.AddressFamily == address.AddressFamily && !each.IsIPv6LinkLocal).ToHashSet();
        foreach (var (gone, part) in _parts.Where(pair => !wanted.Contains(pair.Key)).ToList())
        {
            _parts.Remove(gone);
            await part.DisposeAsync();
        }

        foreach (var each in wanted.Where(each => !_parts.ContainsKey(each)))
        {
            try
            {
                _parts.Add(each, listen(new IPEndPoint(each, address.Port), PortSharing.Part));
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // Held by somebody, or about to come or go: tried again at the next look.
            }
        }
    }

    private async Task LetGoOfPartsAsync()
    {
        await Task.WhenAll(_parts.Values.Select(part => part.DisposeAsync().AsTask()));
        _parts.Clear();
    }
}
