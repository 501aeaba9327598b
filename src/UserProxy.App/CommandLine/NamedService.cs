using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.CommandLine;

/// <summary>Finds the Service that is meant by a name without a namespace.</summary>
internal static class NamedService
{
    /// <summary>A name alone is enough while one namespace has it.</summary>
    /// <exception cref="AdminException">None has it, or several do.</exception>
    public static async Task<ServiceRef> FindAsync(AdminClient client, string typed, ServiceFilter filter, CancellationToken cancellation)
    {
        using var json = await client.GetAsync("/v1/services", cancellation);
        var list = client.Read(json, AdminJson.Default.ServiceList);
        List<ServiceItem> all = [.. list.Services];
        if (list.Revision == 0) throw new AdminException($"nothing is served yet: {list.Source} has not been listed", ExitCode.Unreachable);
        if (filter.Missing(all, list.LeftOut) is { } missing) throw new AdminException(missing, ExitCode.Failed);
        List<string> spaces = [.. all.Where(filter.Fits).Select(service => service.Namespace).Distinct()];
        return spaces.Count == 1 && ServiceRef.TryParse($"{spaces[0]}/{typed}", out var named)
            ? named
            : throw new AdminException($"'{typed}' is in {string.Join(", ", spaces)}: say which with -n", ExitCode.BadUsage);
    }
}
