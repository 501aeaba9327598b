using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// All service ports in table order. The ports of one Service lie together, so a change replaces runs and copies what lies between them:
/// no port of an unchanged Service is looked at.
/// </summary>
internal sealed class PortIndex
{
    private ServicePort[] _ports = [];

    public ValueList<ServicePort> Ports => new(_ports);

    /// <param name="changed">Services with their ports as they are now, sorted; without ports, the Service is gone.</param>
    public void Replace(IReadOnlyCollection<(ObjectId Service, IReadOnlyList<ServicePort> Ports)> changed)
    {
        var runs = new List<(int Start, int End, IReadOnlyList<ServicePort> Ports)>(changed.Count);
        int length = _ports.Length;
        foreach (var (service, ports) in changed)
        {
            int start = FirstAtLeast(service, orAfter: false);
            int end = FirstAtLeast(service, orAfter: true);
            runs.Add((start, end, ports));
            length += ports.Count - (end - start);
        }

        var next = new ServicePort[length];
        int from = 0;
        int to = 0;
        foreach (var (start, end, ports) in runs)
        {
            Array.Copy(_ports, from, next, to, start - from);
            to += start - from;
            foreach (var port in ports) next[to++] = port;
            from = end;
        }

        Array.Copy(_ports, from, next, to, _ports.Length - from);
        _ports = next;
    }

    private int FirstAtLeast(ObjectId service, bool orAfter)
    {
        int low = 0;
        int high = _ports.Length;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            int order = new ObjectId(_ports[middle].Name.Namespace, _ports[middle].Name.Name).CompareTo(service);
            if (order < 0 || (orAfter && order == 0)) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
