using System.Net;
using UserProxy.Model;
using UserProxy.Reading;
using UserProxy.Serving;

namespace UserProxy.Syncing;

/// <summary>One service port as the Proxier runs it: the shared state of its connections, and its listeners.</summary>
internal sealed class ServiceEntry(ServicePortState state)
{
    private volatile ListenerSlot[] _slots = [];

    /// <summary>Endpoints whose refusal was reported. Each is reported once. Used by the Proxier's loop.</summary>
    private HashSet<IPEndPoint> _refused = [];

    public ServicePortState State { get; } = state;

    public TransportProtocol Protocol => State.Name.Protocol;

    /// <summary>What was declared last, less the endpoints that may not be dialled.</summary>
    public ServicePort Declared => State.Snapshot!.Port;

    /// <summary>In the order of the declared listeners. Replaced as a whole by the Proxier's loop, so that readers need no lock.</summary>
    public ListenerSlot[] Slots { get => _slots; set => _slots = value; }

    /// <summary>Replaces the refused endpoints, and returns those that are new among them.</summary>
    /// <param name="refused">All that are refused now.</param>
    public List<IPEndPoint> Refuse(IEnumerable<IPEndPoint> refused)
    {
        var (before, now) = (_refused, refused.ToList());
        _refused = [.. now];
        return [.. now.Distinct().Where(endpoint => !before.Contains(endpoint))];
    }

    /// <summary>From any thread; one system call for each listener.</summary>
    public ServiceReading Read()
    {
        var slots = Slots;
        var listeners = new List<ListenerReading>(slots.Length);
        // A table may come between the two reads: a listener is shown when both know it.
        foreach (var address in Declared.Listeners)
        {
            if (Array.Find(slots, slot => slot.EndPoint.Equals(address.EndPoint)) is { } slot) listeners.Add(slot.ReadFor(this, address));
        }

        return new ServiceReading(State, listeners);
    }
}
