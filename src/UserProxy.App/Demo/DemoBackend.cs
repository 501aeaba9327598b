using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace UserProxy.App.Demo;

/// <summary>
/// One HTTP server on a loopback port, with a UDP echo beside it. It can be killed, as a Pod's process would die, and revived: meanwhile the port refuses, its
/// connections are cut, and it is still declared as an endpoint.
/// </summary>
internal sealed class DemoBackend : IAsyncDisposable
{
    private readonly DemoEcho _echo;
    private WebApplication? _server;
    private Socket? _placeholder;
    private long _requests;

    private DemoBackend(int number, Socket placeholder)
    {
        Number = number;
        Name = $"backend-{number}";
        _echo = new DemoEcho(Name);
        Address = (IPEndPoint)placeholder.LocalEndPoint!;
        _placeholder = placeholder;
    }

    public int Number { get; }

    public string Name { get; }

    public IPEndPoint Address { get; }

    public IPEndPoint EchoAddress => new(Address.Address, _echo.Port);

    public bool IsUp => _server is not null;

    /// <param name="number">From 1.</param>
    /// <param name="at">Null: a free port.</param>
    /// <exception cref="SocketException">Somebody has it.</exception>
    public static async Task<DemoBackend> StartAsync(int number, IPEndPoint? at = null)
    {
        var backend = new DemoBackend(number, Reserve(at ?? new IPEndPoint(IPAddress.Loopback, 0)));
        await backend.ReviveAsync();
        return backend;
    }

    public async Task ReviveAsync()
    {
        if (_server is not null) return;
        _placeholder?.Dispose();
        _placeholder = null;
        // The empty builder: no files, no environment, no log; a demo must not pick up somebody's ASPNETCORE_URLS.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(Address, listen => listen.Protocols = HttpProtocols.Http1));
        var server = builder.Build();
        server.Run(AnswerAsync);
        await server.StartAsync();
        _server = server;
        _echo.Start();
    }

    public async Task KillAsync()
    {
        if (await StopAsync()) _placeholder = Reserve(Address);
    }

    /// <summary>For good: nobody needs its port any more, which connections that are about to end may still have.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _placeholder?.Dispose();
    }

    /// <summary>False when it does not run.</summary>
    private async Task<bool> StopAsync()
    {
        if (_server is not { } server) return false;
        _server = null;
        await _echo.StopAsync();
        // An already cancelled stop: requests are cut, as by a kill.
        await server.StopAsync(new CancellationToken(canceled: true));
        await server.DisposeAsync();
        return true;
    }

    private Task AnswerAsync(HttpContext context)
    {
        long number = Interlocked.Increment(ref _requests);
        return context.Response.WriteAsync(
            $"{Name}: request {number} from {new IPEndPoint(context.Connection.RemoteIpAddress!, context.Connection.RemotePort)}\n");
    }

    // Bound, not listening: the port refuses and stays ours. A free port of the ephemeral range could be given to the proxy's own dial, which would
    // then connect to itself.
    private static Socket Reserve(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(address);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
