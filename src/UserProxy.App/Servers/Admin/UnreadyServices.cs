using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Reading;

namespace UserProxy.App.Servers.Admin;

/// <summary>
/// Counts the Service ports that have addresses here and no ready endpoint, for <c>/v1/status</c>. Ports without any endpoint are counted apart, with an
/// address or without: nobody can tell a Service that is scaled to 0 from one whose selector is wrong.
/// </summary>
internal sealed class UnreadyServices
{
    private const int MostNamed = 100;

    private readonly List<UnreadyItem> _first = [];

    /// <summary>How many have endpoints, and none that is ready.</summary>
    public int Total { get; private set; }

    /// <summary>The first hundred of them.</summary>
    public IReadOnlyList<UnreadyItem> First => _first;

    /// <summary>How many have no endpoints.</summary>
    public int Empty { get; private set; }

    public void Look(ServiceReading service)
    {
        var port = service.Port;
        if (port.Endpoints.Count == 0)
        {
            // Of all that list shows with 0/0.
            Empty++;
            return;
        }

        if (service.Listeners.Count == 0) return;

        // Of nearly all the first endpoint is ready.
        if (port.HasEndpoints && port.Endpoints.Any(endpoint => endpoint.Ready)) return;
        Total++;
        if (_first.Count < MostNamed) _first.Add(ToMessage.Unready(port));
    }
}
