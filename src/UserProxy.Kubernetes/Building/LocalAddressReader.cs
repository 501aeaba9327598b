using System.Net;
using Microsoft.Extensions.Logging;
using UserProxy.Policy;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// The node's addresses for a source that keeps its tables in step with them: read only when the options need them, and what cannot be
/// read stays as it was. Used by the sources, each on its own loop.
/// </summary>
internal sealed class LocalAddressReader(BuildOptions wanted, Func<IReadOnlyList<IPAddress>> read, ILogger logger)
{
    private bool _failed; // said once until they can be read again

    public bool IsNeeded => wanted.NeedsLocalAddresses;

    /// <param name="known">What was read before.</param>
    public IReadOnlyList<IPAddress> Read(IReadOnlyList<IPAddress> known)
    {
        if (!IsNeeded) return known;
        try
        {
            var now = read();
            _failed = false;
            return now;
        }
        catch (Exception e) when (InterfaceAddresses.AreUnreadable(e))
        {
            if (!_failed) KubernetesLog.LocalAddressesFailed(logger, PrintableText.Of(e.Message));
            _failed = true;
            return known;
        }
    }
}
