namespace UserProxy.Scheduling;

/// <summary>The endpoints of a service port by what they are for now; each counts once.</summary>
/// <param name="Used">New connections may go to them.</param>
/// <param name="Draining">No longer used, with connections still open.</param>
/// <param name="Unready">Declared and not ready.</param>
/// <param name="Unused">Declared and ready, and left out: by zone or node hints, by a policy, or because their address may not be dialled.</param>
public readonly record struct EndpointCounts(int Used, int Draining, int Unready, int Unused)
{
    public static EndpointCounts operator +(EndpointCounts left, EndpointCounts right) =>
        new(left.Used + right.Used, left.Draining + right.Draining, left.Unready + right.Unready, left.Unused + right.Unused);
}
