using UserProxy.Model;

namespace UserProxy.Reading;

/// <summary>
/// A Service port cannot be served as declared, for a reason that its author or the node's owner can mend. Logged as well; the executable makes
/// Kubernetes Events of it.
/// </summary>
/// <param name="Service">The service port.</param>
/// <param name="Reason">A CamelCase word, as Events have it.</param>
/// <param name="Message">What and why, in one line.</param>
public sealed record ServiceProblem(ServicePortName Service, string Reason, string Message)
{
    public const string ListenFailed = "FailedToListen";
    public const string EndpointRefused = "EndpointRefused";
    public const string EndpointLoop = "EndpointLoop";
    public const string AcceptLoopDied = "AcceptLoopDied";
    public const string AcceptQueueStalled = "AcceptQueueStalled";
    public const string AcceptLoopHung = "AcceptLoopHung";
    public const string ClientAddressNotKept = "ClientAddressNotKept";
    public const string LocalDialFault = "LocalDialFault";
}
