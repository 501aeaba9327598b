namespace UserProxy.Kubernetes.Building;

/// <summary>The words under which issues are reported, as Kubernetes Events would: users filter and alert on them.</summary>
public static class IssueReasons
{
    public const string InvalidManifest = "InvalidManifest";
    public const string InvalidObject = "InvalidObject";
    public const string DuplicateObject = "DuplicateObject";
    public const string InvalidPort = "InvalidPort";
    public const string DuplicatePort = "DuplicatePort";
    public const string NodePortConflict = "NodePortConflict";
    public const string NoNodePortAddress = "NoNodePortAddress";
    public const string AddressConflict = "AddressConflict";
    public const string HealthCheckPortConflict = "HealthCheckPortConflict";
    public const string NoHealthCheckPort = "NoHealthCheckPort";
    public const string InvalidAddress = "InvalidAddress";
    public const string RefusedAddress = "RefusedAddress";
    public const string ExternalIPNotAllowed = "ExternalIPNotAllowed";
    public const string InvalidSourceRange = "InvalidSourceRange";
    public const string InvalidAffinity = "InvalidAffinity";
    public const string ProtocolNotServed = "ProtocolNotServed";
    public const string InvalidEndpoint = "InvalidEndpoint";
    public const string InvalidAnnotation = "InvalidAnnotation";
    public const string AnnotationNote = "AnnotationNote";
    public const string EndpointsNotRead = "EndpointsNotRead";
    public const string MissingServiceName = "MissingServiceName";
    public const string UnknownField = "UnknownField";
    public const string UnknownKind = "UnknownKind";
    public const string NoPorts = "NoPorts";
    public const string NoAddress = "NoAddress";
    public const string AddressNotServed = "AddressNotServed";
    public const string NoEndpointSlice = "NoEndpointSlice";
    public const string NoMatchingPort = "NoMatchingPort";
    public const string NoReadyEndpoint = "NoReadyEndpoint";
    public const string NoEndpointNode = "NoEndpointNode";
    public const string NoEndpoints = "NoEndpoints";
    public const string NoSuchService = "NoSuchService";
    public const string LeftOut = "LeftOut";
    public const string VirtualIPsNotServed = "VirtualIPsNotServed";
    public const string EndpointLoop = "EndpointLoop";
    public const string UnnamedPort = "UnnamedPort";
    public const string More = "More";

    /// <summary>Worth a word, and no fault: served in another way than its author may think, or meant so.</summary>
    public static bool IsNote(string reason) =>
        reason is AnnotationNote or NoHealthCheckPort or ProtocolNotServed or AddressNotServed or LeftOut or NoEndpoints or VirtualIPsNotServed;

    /// <summary>How the endpoints of a Service are at the moment, and no fault of an object.</summary>
    public static bool IsOfTheMoment(string reason) => reason is NoReadyEndpoint or NoEndpoints;

    /// <summary>Can be read, and serves nobody or not as it looks: the author has most likely forgotten or misspelt something.</summary>
    public static bool IsWarning(string reason) =>
        reason is UnknownField or UnknownKind or NoPorts or NoAddress or NoEndpointSlice or NoMatchingPort or NoReadyEndpoint or NoEndpointNode
            or NoSuchService or EndpointLoop or UnnamedPort;
}
