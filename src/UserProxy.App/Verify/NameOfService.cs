using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Kubernetes.Building;
using UserProxy.Model;

namespace UserProxy.App.Verify;

/// <summary>The name that a cluster's DNS has for a Service, and the addresses that it stands for.</summary>
internal static class NameOfService
{
    private const string UsualDomain = "cluster.local";

    /// <summary>The domain is that of the search list of a Pod (<c>NS.svc.DOMAIN</c>), where there is one.</summary>
    /// <param name="service">Which.</param>
    /// <param name="resolverFile">resolv.conf(5).</param>
    public static string Of(ServiceRef service, string resolverFile = "/etc/resolv.conf") => $"{service.Name}.{service.Namespace}.svc.{DomainOf(resolverFile)}";

    /// <summary>As declared; else as served.</summary>
    public static IReadOnlyList<IPAddress> ClusterIPs(DeclaredService declared, Explanation explained)
    {
        var spec = declared.Service.Items.Count == 0 ? null : declared.Service.Items[0].Spec;
        IEnumerable<string> texts = spec?.ClusterIPs is { Count: > 0 } all ? all
            : !string.IsNullOrEmpty(spec?.ClusterIP) ? [spec.ClusterIP]
            : explained.Ports.SelectMany(port => port.Service.Listeners).Where(listener => listener.Kind == nameof(ListenerKind.ClusterIP)).Select(
                listener => listener.Address);
        return [.. texts.Distinct().Select(text => AddressText.TryParse(text, out var address) ? address : null).OfType<IPAddress>()];
    }

    private static string DomainOf(string file)
    {
        try
        {
            var searched = File.ReadLines(file).Where(line => line.StartsWith("search ", StringComparison.Ordinal)).SelectMany(line => line.Split(' ').Skip(1));
            return searched.FirstOrDefault(entry => entry.StartsWith("svc.", StringComparison.Ordinal))?[4..].TrimEnd('.') ?? UsualDomain;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return UsualDomain;
        }
    }
}
