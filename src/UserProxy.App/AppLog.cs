using System.Net;
using Microsoft.Extensions.Logging;

namespace UserProxy.App;

/// <summary>
/// Every log event of the executable. Ids: 500 start and end, 520 configuration, 530 health and metrics, 540 the cluster, 560 the admin socket,
/// 570 hand-over, 590 the snapshot.
/// </summary>
internal static partial class AppLog
{
    [LoggerMessage(500, LogLevel.Information, "userproxy {Version} on node {Node}: source {Source}, transport {Transport}, descriptors {DescriptorLimit}, "
        + "NodePorts on {NodePortAddresses}, virtual IPs {VirtualIPs}, scheduler {Scheduler}, loopback endpoints {Loopback}, drain timeout {DrainTimeout}, "
        + "instance {Instance}")]
    public static partial void Starting(
        this ILogger log, string version, string node, string source, string transport, int descriptorLimit, string nodePortAddresses, string virtualIPs,
        string scheduler, string loopback,
        string drainTimeout, string instance);

    [LoggerMessage(501, LogLevel.Information, "serving {Listening} listeners of {ServicePorts} service ports, {Milliseconds} ms after the start")]
    public static partial void Serving(this ILogger log, int listening, int servicePorts, long milliseconds);

    [LoggerMessage(522, LogLevel.Warning, "{Declared} in {Source}: nothing is served until one is")]
    public static partial void NothingDeclared(this ILogger log, string declared, string source);

    [LoggerMessage(502, LogLevel.Information, "{Signal}: stopping; connections may run for {DrainTimeout} more, a second signal ends them at once")]
    public static partial void Stopping(this ILogger log, string signal, string drainTimeout);

    [LoggerMessage(509, LogLevel.Information, "{Signal}: restarting; new clients wait in what systemd keeps, connections may run for {Longest} more")]
    public static partial void Restarting(this ILogger log, string signal, string longest);

    [LoggerMessage(503, LogLevel.Warning, "{Signal} again: ending at once")]
    public static partial void Aborting(this ILogger log, string signal);

    [LoggerMessage(504, LogLevel.Information, "stopped: {Finished} connections finished while draining, {Reset} were reset")]
    public static partial void Stopped(this ILogger log, int finished, int reset);

    [LoggerMessage(513, LogLevel.Information, "{Signal}: ignored, nothing is read again by a signal; SIGTERM stops")]
    public static partial void SignalIgnored(this ILogger log, string signal);

    [LoggerMessage(505, LogLevel.Critical, "{Source} can no longer be followed; ending rather than serving a state that goes stale")]
    public static partial void SourceDied(this ILogger log, Exception exception, string source);

    [LoggerMessage(506, LogLevel.Error, "another userproxy ({Holder}) runs here with the admin socket {Path}; give this one its own with --admin-socket")]
    public static partial void AlreadyRunning(this ILogger log, string holder, string path);

    [LoggerMessage(570, LogLevel.Information, "taking over from {Holder}, version {Version}, which serves {Source}, as soon as there is something to serve")]
    public static partial void PredecessorMet(this ILogger log, string holder, string version, string source);

    [LoggerMessage(571, LogLevel.Warning, "nothing can be taken over by {Path}: {Reason}")]
    public static partial void NoPredecessor(this ILogger log, string path, string reason);

    [LoggerMessage(572, LogLevel.Information, "{Sockets} sockets taken over in {Milliseconds} ms")]
    public static partial void SocketsTaken(this ILogger log, int sockets, long milliseconds);

    [LoggerMessage(596, LogLevel.Warning, "taken over from a run of {Count} Services that this one has not, and whose clients are refused now: {Services}")]
    public static partial void ServicesNotDeclared(this ILogger log, int count, string services);

    [LoggerMessage(
        598, LogLevel.Warning, "nothing is taken over yet, as nothing could be served: {Problem}; the other process serves on until that is mended")]
    public static partial void WaitingForManifests(this ILogger log, string problem);

    [LoggerMessage(573, LogLevel.Warning, "the process that hands over is gone ({Reason}); going on alone")]
    public static partial void PredecessorGone(this ILogger log, string reason);

    [LoggerMessage(574, LogLevel.Warning, "the process that hands over has been told and says no more: {Reason}; going on alone")]
    public static partial void PredecessorSlow(this ILogger log, string reason);

    [LoggerMessage(
        599, LogLevel.Warning,
        "this run serves {Source}, and the one that it takes over from serves {Before}: what only that one has is not served any more then; where both are "
            + "meant to serve, end this one now and give it its own --admin-socket")]
    public static partial void SourceDiffers(this ILogger log, string source, string before);

    [LoggerMessage(
        575, LogLevel.Information,
        "took over: this process serves {Source}, and {Holder} served {Before}; Services no longer served: {Left}")]
    public static partial void TookOver(this ILogger log, string source, string holder, string before, string left);

    [LoggerMessage(
        597, LogLevel.Information,
        "this run has other settings than the one that it has taken over from, and goes by its own: {Settings}; {Sockets}")]
    public static partial void SettingsDiffer(this ILogger log, string settings, string sockets);

    [LoggerMessage(576, LogLevel.Error, "the hand-over has come to nothing: {Reason}; the other process serves on, and this one ends")]
    public static partial void TakeoverGivenUp(this ILogger log, string reason);

    [LoggerMessage(577, LogLevel.Information, "waiting until the other userproxy ({Holder}) has ended")]
    public static partial void WaitingForPredecessor(this ILogger log, string holder);

    [LoggerMessage(578, LogLevel.Warning, "the other userproxy ({Holder}) has been asked to end (SIGTERM); waiting until it has")]
    public static partial void EndingPredecessor(this ILogger log, string holder);

    [LoggerMessage(580, LogLevel.Warning, "no other process can take over from this one: {Path} cannot be had: {Reason}; trying again")]
    public static partial void NoSuccessorPort(this ILogger log, string path, string reason);

    [LoggerMessage(581, LogLevel.Information, "handing over to {Holder}")]
    public static partial void HandingOver(this ILogger log, string holder);

    [LoggerMessage(582, LogLevel.Information, "handed over to {Holder}: it serves {Source}; connections that run here may go on for the drain timeout")]
    public static partial void HandedOver(this ILogger log, string holder, string source);

    [LoggerMessage(585, LogLevel.Information, "drained; in a Pod this process waits for its SIGTERM, as it would be started again")]
    public static partial void WaitingForTheEnd(this ILogger log);

    [LoggerMessage(586, LogLevel.Warning, "nobody serves this node any more: ending, to be started again")]
    public static partial void NobodyServes(this ILogger log);

    [LoggerMessage(565, LogLevel.Error, "probe gets no answer: {Path} cannot be had: {Reason}")]
    public static partial void ProbeSocketFailed(this ILogger log, string path, string reason);

    [LoggerMessage(
        587, LogLevel.Information,
        "of the sockets that systemd has kept, {Adopted} are served again, and {Closed} that nobody wants are closed; they were kept for {Held}, over {Starts} "
            + "starts")]
    public static partial void KeptSocketsAdopted(this ILogger log, int adopted, int closed, string held, int starts);

    [LoggerMessage(588, LogLevel.Warning, "{Closed} sockets that systemd has kept are closed, and refuse until this process listens itself: {Reason}")]
    public static partial void KeptSocketsClosed(this ILogger log, int closed, string reason);

    [LoggerMessage(
        589, LogLevel.Warning,
        "systemd keeps {Room} sockets and no more (FileDescriptorStoreMax), of {Wanted}: after a crash the others refuse until the next process listens")]
    public static partial void StoreIsFull(this ILogger log, int room, int wanted);

    [LoggerMessage(579, LogLevel.Warning, "the service manager cannot be told what is to be known or kept (NOTIFY_SOCKET): {Reason}")]
    public static partial void StoreFailed(this ILogger log, string reason);

    [LoggerMessage(583, LogLevel.Warning, "nothing was handed over to {Holder}: {Reason}; serving on")]
    public static partial void HandOverFailed(this ILogger log, string holder, string reason);

    [LoggerMessage(584, LogLevel.Error, "nothing was handed over to {Holder}, by a defect; serving on")]
    public static partial void HandOverDefect(this ILogger log, Exception exception, string holder);

    [LoggerMessage(515, LogLevel.Warning, "{Lines} lines of this log were lost: standard error could not be written to, or was not read in time")]
    public static partial void LogLinesLost(this ILogger log, long lines);

    [LoggerMessage(514, LogLevel.Error, "whether another userproxy runs on this node cannot be told: {Reason}")]
    public static partial void InstanceLockFailed(this ILogger log, string reason);

    [LoggerMessage(
        512, LogLevel.Error,
        "the limit on open descriptors is {Limit}, which is less than what is open at the start, what the servers of the process and pipes may take, a "
            + "reserve, and a few connections: allow at least {Least} (ulimit -n, LimitNOFILE)")]
    public static partial void TooFewDescriptors(this ILogger log, int limit, int least);

    [LoggerMessage(
        516, LogLevel.Warning,
        "memory is short: {Used} of the {Limit} bytes of the container are used, page cache that can be taken back not counted; new clients are refused, "
            + "pins of session affinity forgotten")]
    public static partial void MemoryShort(this ILogger log, long used, long limit);

    [LoggerMessage(517, LogLevel.Information, "memory is there again: {Used} of the {Limit} bytes of the container are used")]
    public static partial void MemoryThereAgain(this ILogger log, long used, long limit);

    [LoggerMessage(507, LogLevel.Warning, "epoll cannot be had here ({Reason}); falling back to the sockets transport")]
    public static partial void EpollDenied(this ILogger log, string reason);

    [LoggerMessage(508, LogLevel.Error, "the {Transport} transport was asked for and cannot be had: {Reason}")]
    public static partial void TransportRequired(this ILogger log, string transport, string reason);

    [LoggerMessage(518, LogLevel.Information, "the uring transport cannot be had here: {Reason}; small messages cost more without it, nothing else changes")]
    public static partial void UringNotHad(this ILogger log, string reason);

    [LoggerMessage(520, LogLevel.Information, "{File}: read as a kube-proxy configuration; without meaning here and ignored: {Fields}")]
    public static partial void FieldsIgnored(this ILogger log, string file, string fields);

    [LoggerMessage(521, LogLevel.Warning, "{Warning}")]
    public static partial void ConfigurationWarning(this ILogger log, string warning);

    [LoggerMessage(530, LogLevel.Warning, "{What} cannot be answered on {Address}: {Reason}; trying again")]
    public static partial void HttpBindFailed(this ILogger log, string what, EndPoint address, string reason);

    [LoggerMessage(544, LogLevel.Warning, "{What} are answered on the other addresses of {Address} only: {Reason}; trying again")]
    public static partial void HttpSpread(this ILogger log, string what, EndPoint address, string reason);

    [LoggerMessage(531, LogLevel.Information, "{What} are answered on {Address} now")]
    public static partial void HttpBound(this ILogger log, string what, EndPoint address);

    [LoggerMessage(536, LogLevel.Error, "{What} cannot be answered on {Address}: {Reason}; ending, as bindAddressHardFail demands")]
    public static partial void HttpBindRequired(this ILogger log, string what, EndPoint address, string reason);

    [LoggerMessage(537, LogLevel.Critical, "the accept loop for {What} on {Address} ended unexpectedly; the port is closed and bound again in 5 s")]
    public static partial void HttpPortDied(this ILogger log, Exception? exception, string what, EndPoint address);

    [LoggerMessage(538, LogLevel.Critical, "the accept loop for {What} on {Address} ended unexpectedly; ending, as bindAddressHardFail demands")]
    public static partial void RequiredHttpPortDied(this ILogger log, Exception? exception, string what, EndPoint address);

    [LoggerMessage(
        539, LogLevel.Critical, "Service {Namespace}/{Service}: the accept loop of healthCheckNodePort {Port} ended unexpectedly; the port is bound again")]
    public static partial void ServiceHealthCheckDied(this ILogger log, Exception? exception, string @namespace, string service, int port);

    [LoggerMessage(
        545, LogLevel.Warning,
        "Service {Namespace}/{Service}: healthCheckNodePort {Port} is answered on the other addresses of the node only: {Reason}; trying again")]
    public static partial void ServiceHealthCheckSpread(this ILogger log, string @namespace, string service, int port, string reason);

    [LoggerMessage(532, LogLevel.Warning, "Service {Namespace}/{Service}: healthCheckNodePort {Port} cannot be had: {Reason}; trying again")]
    public static partial void ServiceHealthCheckFailed(this ILogger log, string @namespace, string service, int port, string reason);

    [LoggerMessage(533, LogLevel.Information, "Service {Namespace}/{Service}: healthCheckNodePort {Port} is answered now")]
    public static partial void ServiceHealthCheckBound(this ILogger log, string @namespace, string service, int port);

    [LoggerMessage(534, LogLevel.Error, "the health checks of Services could not be brought up to date, by a defect")]
    public static partial void ServiceHealthChecksFailed(this ILogger log, Exception exception);

    [LoggerMessage(560, LogLevel.Warning, "list, connections and explain get no answer: the path of the admin socket, {Path}, is longer than {Longest} bytes")]
    public static partial void AdminPathTooLong(this ILogger log, string path, int longest);

    [LoggerMessage(561, LogLevel.Warning, "somebody has removed or replaced the admin socket, {Path}; it is made again, as far as nobody else answers there")]
    public static partial void AdminSocketGone(this ILogger log, string path);

    [LoggerMessage(562, LogLevel.Error, "a question on the admin socket could not be answered, by a defect: {Path}")]
    public static partial void AdminAnswerFailed(this ILogger log, Exception exception, string path);

    [LoggerMessage(563, LogLevel.Error, "rates and their history could not be brought up to date, by a defect; they are tried each second")]
    public static partial void SamplerFailed(this ILogger log, Exception exception);

    [LoggerMessage(564, LogLevel.Error, "a question of the status page could not be answered, by a defect: {Path}")]
    public static partial void PageAnswerFailed(this ILogger log, Exception exception, string path);

    [LoggerMessage(535, LogLevel.Error, "a scrape was broken off, by a defect")]
    public static partial void ScrapeFailed(this ILogger log, Exception exception);

    [LoggerMessage(
        590, LogLevel.Warning,
        "the snapshot {File} is not served: {Reason}. Nothing is served until {Source} has been listed; the file is written anew then")]
    public static partial void SnapshotRefused(this ILogger log, string file, string reason, string source);

    [LoggerMessage(591, LogLevel.Information, "source snapshot: {File} of {WrittenAt:u}, {Age} old, is served until {Source} has been listed")]
    public static partial void SnapshotServed(this ILogger log, string file, DateTimeOffset writtenAt, string age, string source);

    [LoggerMessage(592, LogLevel.Information, "source {Source}: it has been listed and is served; the snapshot is not any more")]
    public static partial void SourceServed(this ILogger log, string source);

    [LoggerMessage(
        593, LogLevel.Warning,
        "the snapshot {File} cannot be written: {Reason}; trying again. Traffic does not depend on it, the next start would: make room, or give --state-dir a "
            + "folder that this user may write in")]
    public static partial void SnapshotNotWritten(this ILogger log, string file, string reason);

    [LoggerMessage(594, LogLevel.Information, "the snapshot {File} is written again")]
    public static partial void SnapshotWrittenAgain(this ILogger log, string file);

    [LoggerMessage(541, LogLevel.Critical, "{Server} cannot be followed: {Message}")]
    public static partial void ClusterRefused(this ILogger log, string server, string message);

    [LoggerMessage(542, LogLevel.Warning, "ClusterIPs are not served here, NodePorts alone: {Reason}. --cluster-ips off says the same without this line")]
    public static partial void ClusterIPsDenied(this ILogger log, string reason);

    [LoggerMessage(543, LogLevel.Error, "virtual IPs were asked for (--cluster-ips on, --load-balancer-ips or --external-ips) and cannot be had: {Reason}")]
    public static partial void VirtualIPsRequired(this ILogger log, string reason);
}
