using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace UserProxy.App.Servers.Http;

/// <summary>
/// One connection of <see cref="HttpPorts"/> as Kestrel sees it: the transport's, but for how it ends. It ends after a fixed time at the latest, whatever the
/// client does: reads nothing, a byte a second, or sends a byte a second.
/// </summary>
internal sealed class HttpPortClient : ConnectionContext
{
    /// <summary>Requests that one connection may ask: who sends thousands at once gets no thread for all of them.</summary>
    private const int MostRequests = 20;

    private readonly ConnectionContext _transport;
    private readonly NewestClients _crowd;
    private readonly RequestDelegate _answer;
    private readonly CancellationTokenSource _aborted;
    private readonly TimeProvider _time;
    private readonly TimeSpan _longest;
    private readonly long _acceptedAt;
    private int _requests;

    /// <param name="transport">What was accepted.</param>
    /// <param name="crowd">Whom it is among until it is closed.</param>
    /// <param name="answer">Answers on its port.</param>
    /// <param name="longest">After it the connection is reset.</param>
    /// <param name="time">Measures that.</param>
    public HttpPortClient(ConnectionContext transport, NewestClients crowd, RequestDelegate answer, TimeSpan longest, TimeProvider time)
    {
        (_transport, _crowd, _answer, _longest, _time) = (transport, crowd, answer, longest, time);
        _acceptedAt = time.GetTimestamp();
        Transport = new Pipes(new EmptyLineBound(transport.Transport.Input, Abort), transport.Transport.Output);
        Place = new LinkedListNode<HttpPortClient>(this);
        _aborted = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _ = _aborted.Token.UnsafeRegister(static client => ((HttpPortClient)client!).CloseSocket(), this);
        // Kestrel takes the transport's token for the end of the client, and drops its answer. The token fires at a FIN; a client that has only half-closed
        // (nc -N, socat) waits for that answer. One that is gone is found out by the next write.
        ConnectionClosed = _aborted.Token;
        Features.Set(this);
    }

    /// <summary>Its time runs from now on.</summary>
    public void Start() => _aborted.CancelAfter(_longest);

    /// <summary>
    /// Its answer goes on, and it has taken the part so far: its time runs anew, and it gives way to nobody. Who answers bounds how many there are.
    /// </summary>
    public void GoOn()
    {
        _crowd.Remove(this);
        _aborted.CancelAfter(_longest);
    }

    /// <summary>In its crowd.</summary>
    public LinkedListNode<HttpPortClient> Place { get; }

    public override string ConnectionId
    {
        get => _transport.ConnectionId;
        set => _transport.ConnectionId = value;
    }

    public override IFeatureCollection Features => _transport.Features;

    public override IDictionary<object, object?> Items
    {
        get => _transport.Items;
        set => _transport.Items = value;
    }

    public override IDuplexPipe Transport { get; set; }

    public override EndPoint? LocalEndPoint => _transport.LocalEndPoint;

    public override EndPoint? RemoteEndPoint => _transport.RemoteEndPoint;

    public override CancellationToken ConnectionClosed { get; set; }

    /// <summary>Answers one request; the last of the connection when there is a crowd, or when it has asked for long or often.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        // Requests that came in one packet would be answered in one go, and others wait for the thread.
        if (_requests > 0) await Task.Yield();
        if (_aborted.IsCancellationRequested)
        {
            // What it has sent before it was closed would be answered all the same.
            context.Abort();
            return;
        }

        if (++_requests >= MostRequests || _crowd.IsHalfFull || _time.GetElapsedTime(_acceptedAt) > _longest / 2) context.Response.Headers.Connection = "close";
        await _answer(context);
    }

    public override void Abort(ConnectionAbortedException abortReason) => Abort();

    /// <summary>Closes its socket at once, with a reset.</summary>
    public override void Abort()
    {
        CloseSocket();
        // Off this thread, which may be that of an accept loop: Kestrel's callbacks run in it.
        _ = _aborted.CancelAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        // First: where the client reads nothing, it ends the wait for the last bytes.
        await _transport.DisposeAsync();
        _crowd.Remove(this);
        // Not disposed of: its crowd may be about to abort it.
        _aborted.CancelAfter(Timeout.InfiniteTimeSpan);
        await base.DisposeAsync();
    }

    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private void CloseSocket() => _transport.Abort(new ConnectionAbortedException("there are too many, and this is the oldest, or it has taken too long"));
}
