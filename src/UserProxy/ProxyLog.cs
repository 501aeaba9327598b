using System.Net;
using Microsoft.Extensions.Logging;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy;

/// <summary>Every log event of the proxy. Ids: 100 tables and listeners, 200 accepting, 300 connections, 310 UDP sessions.</summary>
internal static partial class ProxyLog
{
    [LoggerMessage(
        100, LogLevel.Information,
        "synced revision {Revision}: {ServicePorts} service ports, {Endpoints} endpoints, {Listening} listening, {Failed} failed, in {Milliseconds:0.0} ms")]
    public static partial void Synced(this ILogger log, long revision, int servicePorts, int endpoints, int listening, int failed, double milliseconds);

    [LoggerMessage(101, LogLevel.Information, "listening on {Address} ({Kind}) for {Service}")]
    public static partial void Listening(this ILogger log, IPEndPoint address, ListenerKind kind, ServicePortName service);

    [LoggerMessage(102, LogLevel.Information, "closed {Address} of {Service}: {Reason}")]
    public static partial void Closed(this ILogger log, IPEndPoint address, ServicePortName? service, string reason);

    [LoggerMessage(103, LogLevel.Error, "cannot listen on {Address} for {Service}: {Reason}; trying again, other ports are served")]
    public static partial void BindFailed(this ILogger log, IPEndPoint address, ServicePortName service, string reason);

    [LoggerMessage(104, LogLevel.Error, "and {Count} more addresses cannot be listened on; see list for the reasons")]
    public static partial void MoreBindsFailed(this ILogger log, int count);

    [LoggerMessage(114, LogLevel.Warning, "not listening on {Address} for {Service} as a whole: {Reason}; trying again")]
    public static partial void Spread(this ILogger log, IPEndPoint address, ServicePortName service, string reason);

    [LoggerMessage(115, LogLevel.Information, "listening on {Address} for {Service} as a whole again")]
    public static partial void WholeAgain(this ILogger log, IPEndPoint address, ServicePortName service);

    [LoggerMessage(
        105, LogLevel.Warning,
        "{Service}: endpoint {Endpoint} is refused: loopback, link-local, multicast and unspecified addresses are not dialled, nor this node's own for an "
            + "endpoint whose nodeName is another or none (loopback and own addresses: --allow-loopback-endpoints)")]
    public static partial void EndpointRefused(this ILogger log, ServicePortName service, IPEndPoint endpoint);

    [LoggerMessage(113, LogLevel.Warning, "{Service}: and {Count} more endpoints are refused; explain names them")]
    public static partial void MoreEndpointsRefused(this ILogger log, ServicePortName service, int count);

    [LoggerMessage(
        116, LogLevel.Warning,
        "{Service}: {Message}. Said once until its endpoints change; userproxy_connections_closed_total and userproxy_datagrams_dropped_total count on")]
    public static partial void LoopFound(this ILogger log, ServicePortName service, string message);

    [LoggerMessage(117, LogLevel.Warning, "{Service}: {Message}; said at most once a minute")]
    public static partial void DialsFailLocally(this ILogger log, ServicePortName service, string message);

    [LoggerMessage(106, LogLevel.Error, "revision {Revision} could not be applied; the last good state is kept")]
    public static partial void SyncFailed(this ILogger log, Exception exception, long revision);

    [LoggerMessage(107, LogLevel.Information, "draining: {Connections} connections may run for {Seconds:0.#} s more")]
    public static partial void Draining(this ILogger log, int connections, double seconds);

    [LoggerMessage(108, LogLevel.Information, "drained: {Finished} connections finished, {Reset} were reset")]
    public static partial void Drained(this ILogger log, int finished, int reset);

    [LoggerMessage(109, LogLevel.Error, "{Service} could not be applied, by a defect in the proxy; it keeps what it had")]
    public static partial void ServiceFailed(this ILogger log, Exception exception, ServicePortName service);

    [LoggerMessage(110, LogLevel.Error, "{Count} virtual IPs could not all be made local: {Reason}; trying again, NodePorts are served")]
    public static partial void VirtualIPsFailed(this ILogger log, int count, string reason);

    [LoggerMessage(111, LogLevel.Information, "{Count} virtual IPs are local now")]
    public static partial void VirtualIPsRestored(this ILogger log, int count);

    [LoggerMessage(
        112, LogLevel.Warning,
        "the kernel does not filter the clients of {Address} for {Service}: those that are not admitted are reset instead of dropped. Said once for all "
            + "listeners")]
    public static partial void FilterDenied(this ILogger log, IPEndPoint address, ServicePortName service);

    [LoggerMessage(200, LogLevel.Warning, "accepting on {Address} pauses: {Held} of {Limit} descriptors are in use")]
    public static partial void AcceptPaused(this ILogger log, IPEndPoint address, int held, int limit);

    [LoggerMessage(201, LogLevel.Critical, "the accept loop of {Address} for {Service} ended unexpectedly; the port is closed and will be bound again")]
    public static partial void AcceptLoopDied(this ILogger log, Exception? exception, IPEndPoint address, ServicePortName service);

    [LoggerMessage(
        202, LogLevel.Error, "{Waiting} of at most {Backlog} clients have waited to be accepted on {Address} for {Service} for {Seconds:0} s: {Reason}")]
    public static partial void AcceptQueueStalled(
        this ILogger log, int waiting, int backlog, IPEndPoint address, ServicePortName service, double seconds, string reason);

    [LoggerMessage(203, LogLevel.Information, "clients of {Address} for {Service} are accepted in time again")]
    public static partial void AcceptQueueMoves(this ILogger log, IPEndPoint address, ServicePortName service);

    [LoggerMessage(204, LogLevel.Error, "{What} could not be looked at, by a defect in the proxy; it is tried again")]
    public static partial void WatchFailed(this ILogger log, Exception exception, string what);

    [LoggerMessage(
        205, LogLevel.Error,
        "the accept loop of {Address} for {Service} hangs: {Waiting} of at most {Backlog} clients wait, and for {Seconds:0} s it has neither taken one nor "
            + "paused; /livez and /healthz fail")]
    public static partial void AcceptLoopHung(this ILogger log, IPEndPoint address, ServicePortName service, int waiting, int backlog, double seconds);

    [LoggerMessage(206, LogLevel.Information, "the accept loop of {Address} for {Service} goes on")]
    public static partial void AcceptLoopGoesOn(this ILogger log, IPEndPoint address, ServicePortName service);

    [LoggerMessage(
        207, LogLevel.Error,
        "{Loops} loops of the transport hang: for {Seconds:0} s they have come to no work, and their connections and sessions stand still; /livez and "
            + "/healthz fail")]
    public static partial void TransportLoopsHung(this ILogger log, int loops, double seconds);

    [LoggerMessage(208, LogLevel.Information, "all loops of the transport go on")]
    public static partial void TransportLoopsGoOn(this ILogger log);

    [LoggerMessage(
        209, LogLevel.Warning,
        "clients of {Address} are refused for lack of memory: connections and what slow readers have not taken, UDP sessions and pins hold {Held} of "
            + "{Limit} bytes")]
    public static partial void MemorySpent(this ILogger log, IPEndPoint address, long held, long limit);

    [LoggerMessage(
        210, LogLevel.Warning,
        "memory is short: the {Pins} oldest pins of the Service with most of them are forgotten (session affinity), and more as clients come; one line a "
            + "second")]
    public static partial void PinsGaveWay(this ILogger log, int pins);

    [LoggerMessage(
        300, LogLevel.Debug, "{Service}: {Client} on {Listener} to {Endpoint} ended: {Reason}, {BytesIn} bytes in, {BytesOut} out, {Milliseconds:0.0} ms")]
    public static partial void ConnectionEnded(
        this ILogger log, ServicePortName service, IPEndPoint client, IPEndPoint listener, IPEndPoint? endpoint, string reason, long bytesIn, long bytesOut,
        double milliseconds);

    [LoggerMessage(
        303, LogLevel.Debug,
        "{Service}: {Client} on {Listener} to {Endpoint} ended: {Reason}, {BytesIn} bytes in, {BytesOut} out, {Milliseconds:0.0} ms; told by {ToldBy}, unique "
            + "id {UniqueId}, as {Source}")]
    public static partial void ToldConnectionEnded(
        this ILogger log, ServicePortName service, IPEndPoint client, IPEndPoint listener, IPEndPoint? endpoint, string reason, long bytesIn, long bytesOut,
        double milliseconds, string toldBy, string uniqueId, string source);

    [LoggerMessage(304, LogLevel.Debug, "{Service}: {Client} on {Listener} is reset: {Fault}")]
    public static partial void ProxyHeaderRefused(this ILogger log, ServicePortName service, IPEndPoint client, IPEndPoint listener, string fault);

    [LoggerMessage(301, LogLevel.Debug, "{Service}: dial {Attempt} to {Endpoint} failed: {Outcome}")]
    public static partial void DialFailed(this ILogger log, ServicePortName service, IPEndPoint endpoint, ConnectOutcome outcome, int attempt);

    [LoggerMessage(302, LogLevel.Error, "{Service}: the connection of {Client} was ended by a defect in the proxy")]
    public static partial void ConnectionFault(this ILogger log, Exception exception, ServicePortName service, IPEndPoint client);

    [LoggerMessage(
        310, LogLevel.Debug,
        "{Service}: session of {Client} on {Listener} to {Endpoint} ended: {Reason}, {BytesIn} bytes in, {BytesOut} out, {Milliseconds:0.0} ms")]
    public static partial void SessionEnded(
        this ILogger log, ServicePortName service, IPEndPoint client, IPEndPoint listener, IPEndPoint endpoint, string reason, long bytesIn, long bytesOut,
        double milliseconds);

    [LoggerMessage(
        312, LogLevel.Debug,
        "{Service}: session of {Client} on {Listener} to {Endpoint} ended: {Reason}, {BytesIn} bytes in, {BytesOut} out, {Milliseconds:0.0} ms; unique id "
            + "{UniqueId}")]
    public static partial void ToldSessionEnded(
        this ILogger log, ServicePortName service, IPEndPoint client, IPEndPoint listener, IPEndPoint endpoint, string reason, long bytesIn, long bytesOut,
        double milliseconds, string uniqueId);

    [LoggerMessage(311, LogLevel.Debug, "{Service}: {Endpoint} refused a datagram of {Client}: {Outcome}")]
    public static partial void DatagramRefused(this ILogger log, ServicePortName service, IPEndPoint endpoint, IPEndPoint client, ConnectOutcome outcome);
}
