using System.Net;
using UserProxy.Model;
using UserProxy.Policy;
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

    /// <summary>From any thread.</summary>
    /// <param name="asksKernel">By a system call for each listener.</param>
    /// <param name="guard">As for a <see cref="ServiceReading"/>.</param>
    public ServiceReading Read(bool asksKernel = true, DialGuard? guard = null)
    {
        var slots = Slots;
        var addresses = Declared.Listeners.AsSpan();
        var listeners = new List<ListenerReading>(slots.Length);
        // A table may come between the two reads: a listener is shown when both know it.
        for (int i = 0; i < addresses.Length; i++)
        {
            if (Find(slots, addresses[i], i) is { } slot) listeners.Add(slot.ReadFor(this, addresses[i], asksKernel));
        }

        return new ServiceReading(State, listeners, guard);
    }

    /// <param name="slots">In the order of the addresses, mostly.</param>
    /// <param name="address">Whose slot is looked for.</param>
    /// <param name="place">Where it is, mostly.</param>
    private static ListenerSlot? Find(ListenerSlot[] slots, in ListenAddress address, int place)
    {
        if (place < slots.Length && IsOf(slots[place], address)) return slots[place];
        foreach (var slot in slots)
        {
            if (IsOf(slot, address)) return slot;
        }

        return null;
    }

    private static bool IsOf(ListenerSlot slot, in ListenAddress address) =>
        slot.EndPoint.Port == address.Port && slot.EndPoint.Address.Equals(address.Address);
}
