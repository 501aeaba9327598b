using UserProxy.Model;

namespace UserProxy.App.Snapshots;

/// <summary>
/// Writes a table whole, field by field: a test sets every property of the model and fails when one does not come back from <see cref="TableReader"/>. A field
/// that is added here or there is a new <see cref="SnapshotFormat.Version"/>.
/// </summary>
internal sealed class TableWriter(ValueEncoder to)
{
    private readonly Dictionary<ServiceSettings, int> _settings = [];

    public void Write(ServiceTable table)
    {
        to.Long(table.Revision);
        Write(table.Node);
        WriteAll(table.HealthChecks, Write);
        WriteAll(table.Issues, Write);
        WriteAll(table.LeftOut, Write);
        WriteAll(table.Ports, Write);
    }

    private void Write(OwnNode node)
    {
        to.Text(node.Name);
        to.Flag(node.IsKnown);
        to.Text(node.Zone);
        WriteAll(node.PodBlocks, Write);
        to.Flag(node.IsLeaving);
    }

    private void Write(HealthCheckPort check)
    {
        to.Text(check.Namespace);
        to.Text(check.Service);
        to.Int(check.Port);
        WriteAll(check.Addresses, to.Address);
        to.Int(check.LocalEndpoints);
    }

    private void Write(TableIssue issue)
    {
        to.Text(issue.Subject);
        to.Text(issue.Reason);
        to.Text(issue.Message);
        to.Text(issue.Service);
        to.Text(issue.Place);
    }

    private void Write(LeftOutService service)
    {
        to.Text(service.Namespace);
        to.Text(service.Name);
        to.Text(service.Because);
    }

    private void Write(UnservedAddress unserved)
    {
        Write(unserved.Address);
        to.Text(unserved.Because);
    }

    private void Write(ServicePort port)
    {
        to.Text(port.Name.Namespace);
        to.Text(port.Name.Name);
        to.Text(port.Name.Port);
        to.Int((int)port.Name.Protocol);
        to.Int((int)port.Family);
        to.Int(port.Number);
        WriteShared(port.Settings);
        WriteAll(port.Listeners, Write);
        WriteAll(port.NotServed, Write);
        WriteAll(port.Endpoints, Write);
        to.Text(port.NoEndpointsBecause);
        to.Text(port.Manifest);
        to.Int((int)port.InternalPolicy);
        to.Int((int)port.ExternalPolicy);
        WritePart(port.ClusterEndpoints, port.Endpoints, []);
        WritePart(port.LocalEndpoints, port.Endpoints, port.ClusterEndpoints);
        to.Flag(port.HasEndpoints);
        WriteTime(port.AffinityTimeout);
        WriteAll(port.SourceRanges, Write);
    }

    /// <summary>Nearly all Services have the same: each kind is written once.</summary>
    private void WriteShared(ServiceSettings settings)
    {
        if (_settings.TryGetValue(settings, out int known))
        {
            to.Int(known);
            return;
        }

        to.Int(_settings.Count);
        _settings.Add(settings, _settings.Count);
        to.Int((int)settings.Scheduler);
        to.Time(settings.ConnectTimeout);
        to.Int(settings.ConnectAttempts);
        to.Time(settings.IdleTimeout);
        to.Time(settings.HalfCloseTimeout);
        to.Time(settings.UdpIdleTimeout);
        WriteInt(settings.UdpResponses);
        WriteInt(settings.MaxConnections);
        WriteInt(settings.MaxConnectionsPerClient);
        WriteTime(settings.Drain.After);
        WriteInt((int?)settings.NoLocalAction);
        WriteInt((int?)settings.ClientAddress);
        WriteInt((int?)settings.ProxyProtocol);
        to.Int((int)settings.ProxyV2Options);
        WriteAll(settings.AcceptProxyProtocol, Write);
    }

    private void Write(ListenAddress listener)
    {
        to.Int((int)listener.Kind);
        to.Address(listener.Address);
        to.Int(listener.Port);
    }

    private void Write(CidrBlock block)
    {
        to.Address(block.Address);
        to.Int(block.PrefixLength);
    }

    private void Write(Endpoint endpoint)
    {
        var facts = (endpoint.Ready ? EndpointFacts.Ready : 0) | (endpoint.Serving ? EndpointFacts.Serving : 0)
            | (endpoint.Terminating ? EndpointFacts.Terminating : 0) | (endpoint.IsLocal ? EndpointFacts.IsLocal : 0)
            | (endpoint.NodeName is null ? 0 : EndpointFacts.HasNode) | (endpoint.Pod == 0 ? 0 : EndpointFacts.HasPod)
            | (endpoint.Zone is null ? 0 : EndpointFacts.HasZone)
            | (endpoint.ForZones.Count == 0 && endpoint.ForNodes.Count == 0 && endpoint.Weight == 1 ? 0 : EndpointFacts.HasHints);
        to.Byte((byte)facts);
        to.Address(endpoint.Address);
        to.Int(endpoint.Port);
        if (facts.HasFlag(EndpointFacts.HasNode)) to.Text(endpoint.NodeName);
        if (facts.HasFlag(EndpointFacts.HasPod)) to.Number(endpoint.Pod);
        if (facts.HasFlag(EndpointFacts.HasZone)) to.Text(endpoint.Zone);
        if (!facts.HasFlag(EndpointFacts.HasHints)) return;
        WriteAll(endpoint.ForZones, to.Text);
        WriteAll(endpoint.ForNodes, to.Text);
        to.Int(endpoint.Weight);
    }

    /// <summary>
    /// A list that is made of <paramref name="all"/>, as the builder makes them, is written as the places in it, and comes back as the same objects: what the
    /// table shared, it shares again.
    /// </summary>
    private void WritePart(ValueList<Endpoint> part, ValueList<Endpoint> all, ValueList<Endpoint> other)
    {
        if (part.Count == 0)
        {
            to.Int((int)EndpointsAre.None);
        }
        else if (part == all)
        {
            to.Int((int)EndpointsAre.All);
        }
        else if (part == other)
        {
            to.Int((int)EndpointsAre.AsTheOther);
        }
        else if (PlacesIn(all, part) is { } places)
        {
            to.Int((int)EndpointsAre.Some);
            WriteAll(places, to.Int);
        }
        else
        {
            to.Int((int)EndpointsAre.Others);
            WriteAll(part, Write);
        }
    }

    /// <summary>Null when it is not a part of it, in the same order.</summary>
    private static int[]? PlacesIn(ValueList<Endpoint> all, ValueList<Endpoint> part)
    {
        int[] places = new int[part.Count];
        int at = 0;
        for (int i = 0; i < places.Length; i++)
        {
            while (at < all.Count && !ReferenceEquals(all[at], part[i])) at++;
            if (at == all.Count) return null;
            places[i] = at++;
        }

        return places;
    }

    private void WriteInt(int? value)
    {
        to.Flag(value is not null);
        if (value is { } number) to.Int(number);
    }

    private void WriteTime(TimeSpan? value)
    {
        to.Flag(value is not null);
        if (value is { } time) to.Time(time);
    }

    private void WriteAll<T>(IReadOnlyList<T> items, Action<T> write)
    {
        to.Int(items.Count);
        for (int i = 0; i < items.Count; i++) write(items[i]);
    }
}

/// <summary>What is so of an endpoint, and which of its fields follow.</summary>
[Flags]
internal enum EndpointFacts
{
    Ready = 1,
    Serving = 2,
    Terminating = 4,
    IsLocal = 8,
    HasNode = 16,
    HasPod = 32,
    HasZone = 64,

    /// <summary>Zones, nodes and weight.</summary>
    HasHints = 128,
}

/// <summary>How a list of usable endpoints is written.</summary>
internal enum EndpointsAre
{
    None,
    All,
    AsTheOther,
    Some,
    Others,
}
