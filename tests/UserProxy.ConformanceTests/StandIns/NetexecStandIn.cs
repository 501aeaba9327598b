using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using UserProxy.ConformanceTests.Cluster;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.ConformanceTests.StandIns;

/// <summary>
/// What agnhost's netexec does of what a run asks of it, in a namespace: <c>/hostname</c>, <c>/clientip</c>, <c>/echo</c> and <c>/dial</c> over HTTP, the first
/// three over UDP. Its failures are told in the words of Go. Started by <see cref="Kubelet"/> for each container.
/// </summary>
internal sealed class NetexecStandIn : IAsyncDisposable
{
    /// <summary>Five seconds in the real one: who has not been answered by then is called silent.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly List<IAsyncDisposable> _servers = [];
    private readonly Host _host;
    private readonly string _name;
    private readonly string? _override;

    /// <param name="host">Where it runs.</param>
    /// <param name="name">Its host name.</param>
    /// <param name="arguments">Of the container.</param>
    public NetexecStandIn(Host host, string name, IEnumerable<string> arguments)
    {
        _host = host;
        _name = name;
        var given = arguments.Skip(1).Select(argument => argument.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        _override = given.GetValueOrDefault("--http-override");
        int http = int.Parse(given["--http-port"], CultureInfo.InvariantCulture), udp = int.Parse(given["--udp-port"], CultureInfo.InvariantCulture);
        foreach (var any in (IPAddress[])[IPAddress.Any, IPAddress.IPv6Any])
        {
            _servers.Add(Backend.RunOn(host.Listen(any, http), AnswerAsync));
            _servers.Add(DatagramBackend.Answering(host.Datagrams(any, udp), AnswerTo));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers) await server.DisposeAsync();
    }

    private string? AnswerTo(string question, IPEndPoint from) => question.Trim().ToLowerInvariant() switch
    {
        Netexec.HostName => _name,
        Netexec.ClientIP => from.ToString(),
        var asked when asked.StartsWith("echo ", StringComparison.Ordinal) => asked["echo ".Length..],
        _ => null,
    };

    private async Task AnswerAsync(Peer peer)
    {
        string? target = await ReadTargetAsync(peer);
        if (target is null) return;
        if (_override is not null) target = _override;
        var query = QueryHelpers.ParseQuery(target[target.Split('?')[0].Length..]);
        string? answer = target.Split('?')[0] switch
        {
            $"/{Netexec.HostName}" => _name,
            $"/{Netexec.ClientIP}" => ((IPEndPoint)peer.Socket.RemoteEndPoint!).ToString(),
            "/echo" => $"{query["msg"]}",
            "/dial" => await DialAsync($"{query["host"]}", $"{query["port"]}", $"{query["protocol"]}", $"{query["request"]}"),
            _ => null,
        };
        string status = answer is null ? "404 Not Found" : "200 OK";
        await peer.SendAsync(string.Create(
            CultureInfo.InvariantCulture, $"HTTP/1.1 {status}\r\nContent-Length: {answer?.Length ?? 0}\r\nConnection: close\r\n\r\n{answer}"));
        peer.FinishSending();
        await peer.ReceiveToEndAsync();
    }

    private async Task<string> DialAsync(string host, string port, string protocol, string request)
    {
        var address = IPAddress.Parse(host);
        int number = int.Parse(port, CultureInfo.InvariantCulture);
        string answer;
        if (protocol == "udp")
        {
            using var client = DatagramClient.Connect(_host, address, number);
            client.Question = request;
            answer = await client.AskAsync(Patience);
        }
        else answer = await HttpProbe.ReadAsync(_host, address, number, $"/{request}", Patience);

        string? error = answer switch
        {
            Host.Refused => $"dial {protocol} {new IPEndPoint(address, number)}: connect: connection refused",
            Host.Reset => $"read {protocol} {new IPEndPoint(address, number)}: read: connection reset by peer",
            Host.Silence => $"dial {protocol} {new IPEndPoint(address, number)}: i/o timeout",
            _ => null,
        };
        return new JsonObject { [error is null ? "responses" : "errors"] = new JsonArray(error ?? answer) }.ToJsonString();
    }

    /// <summary>The path and query of a GET; null for who leaves before he has asked.</summary>
    private static async Task<string?> ReadTargetAsync(Peer peer)
    {
        var head = new StringBuilder();
        var buffer = new byte[4096];
        while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            int received = await peer.Socket.ReceiveAsync(buffer);
            if (received == 0) return null;
            head.Append(Encoding.ASCII.GetString(buffer, 0, received));
        }

        return head.ToString().Split(' ')[1];
    }
}
