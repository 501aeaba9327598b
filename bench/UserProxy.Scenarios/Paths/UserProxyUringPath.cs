using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Paths;

/// <summary>The transport that Linux gets where io_uring can be had.</summary>
internal sealed class UserProxyUringPath(RunSettings settings) : UserProxyPath(
    10, new PathInfo("userproxy-uring", "UserProxy (uring)", PathKind.Own, "One ring a core, splice for bulk; every setting at its default."), "uring",
    settings.Executable);
