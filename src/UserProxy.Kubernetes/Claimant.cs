using UserProxy.Model;

namespace UserProxy.Kubernetes;

/// <summary>Who wants a <see cref="ListenKey"/>: a Service port, or the health checks of a Service (<paramref name="Name"/> then has no port).</summary>
internal readonly record struct Claimant(ServicePortName Name, bool IsHealthCheck) : IComparable<Claimant>
{
    public ServiceKey Service => new(Name.Namespace, Name.Name);

    /// <summary>The least one keeps what several want: by Service, and within one its ports before its health checks.</summary>
    public int CompareTo(Claimant other)
    {
        int order = Service.CompareTo(other.Service);
        if (order == 0) order = IsHealthCheck.CompareTo(other.IsHealthCheck);
        return order != 0 ? order : Name.CompareTo(other.Name);
    }

    public override string ToString() => IsHealthCheck ? $"the health checks of {Service}" : Name.ToString();
}
