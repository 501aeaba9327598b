using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Tcp;

/// <summary>What a new connection must see together: the endpoints and the settings of its Service. Replaced whole, never changed.</summary>
internal sealed record ServiceSnapshot(EndpointSet Endpoints, ServiceSettings Settings);
