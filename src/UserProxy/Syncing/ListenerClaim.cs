using UserProxy.Model;
using UserProxy.Serving;

namespace UserProxy.Syncing;

/// <summary>One service port that declares an address; the first of those that declare the same one owns it.</summary>
internal sealed record ListenerClaim(ServiceEntry Entry, ListenerKind Kind)
{
    public ServicePortState State => Entry.State;

    public bool Precedes(ListenerClaim other)
    {
        int byName = State.Name.CompareTo(other.State.Name);
        return byName != 0 ? byName < 0 : Kind < other.Kind;
    }
}
