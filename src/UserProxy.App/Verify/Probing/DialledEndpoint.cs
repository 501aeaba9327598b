using System.Net;
using System.Net.Sockets;
using UserProxy.Policy;
using UserProxy.Tcp;

namespace UserProxy.App.Verify.Probing;

/// <summary>What one dial of an endpoint from this node came to. No byte is sent on it.</summary>
/// <param name="Endpoint"><c>ip:port</c>, as the proxy has it.</param>
/// <param name="Outcome">As the proxy would take it.</param>
/// <param name="Took">Until then.</param>
/// <param name="Source">The address of this node that it came from; null without a way to it.</param>
internal sealed record DialledEndpoint(string Endpoint, ConnectOutcome Outcome, TimeSpan Took, IPAddress? Source)
{
    public bool Answered => Outcome == ConnectOutcome.Connected;

    public static async Task<DialledEndpoint> DialAsync(IPEndPoint endpoint, TimeSpan timeout, TimeProvider time, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        long began = time.GetTimestamp();
        try
        {
            using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            limit.CancelAfter(timeout);
            await socket.ConnectAsync(endpoint, limit.Token);
            return new(endpoint.ToString(), ConnectOutcome.Connected, time.GetElapsedTime(began), ((IPEndPoint)socket.LocalEndPoint!).Address);
        }
        catch (SocketException e)
        {
            return new(endpoint.ToString(), SocketErrors.ToConnectOutcome(e.SocketErrorCode), time.GetElapsedTime(began), null);
        }
        catch (OperationCanceledException)
        {
            return new(endpoint.ToString(), ConnectOutcome.TimedOut, time.GetElapsedTime(began), null);
        }
    }
}
