using System.Net;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>What two Service ports cannot both listen on. The wildcard of a family stands for the node's own addresses: NodePorts.</summary>
internal readonly record struct ListenKey(IPAddress Address, TransportProtocol Protocol, int Port);
