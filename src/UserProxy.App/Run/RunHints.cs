using UserProxy.App.Configuration;
using UserProxy.App.Demo;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;

namespace UserProxy.App.Run;

/// <summary>What to type beside a <c>run</c> with manifests that somebody has just started in a terminal. A log that is kept has no use for it.</summary>
internal static class RunHints
{
    public static async Task WriteAsync(IReadOnlyList<ServiceReading> services, RunOptions options, Surroundings surroundings)
    {
        if (!surroundings.ErrorIsTerminal || options.Manifests.Count == 0 || options.LogFormat != LogFormat.Text) return;
        foreach (string line in For(services, options.AdminSocket, RunOptionsReader.DefaultAdminSocket(surroundings), DemoHints.OwnName(), DemoHints.IsHere))
            await surroundings.Error.WriteLineAsync(line);
    }

    /// <param name="services">What is served.</param>
    /// <param name="socket">Of this run.</param>
    /// <param name="usualSocket">Which need not be named.</param>
    /// <param name="program">How this one is called.</param>
    /// <param name="has">Whether a program is on the PATH.</param>
    public static IEnumerable<string> For(
        IReadOnlyList<ServiceReading> services, string socket, string usualSocket, string program, Func<string, bool> has)
    {
        yield return "";
        yield return "Next, in another terminal:";
        // What most people have a client for comes first.
        var usualFirst = services.OrderBy(service => service.Port.Name.Protocol == TransportProtocol.Udp);
        if (usualFirst.Select(service => Ask(service, has)).OfType<string>().FirstOrDefault() is { } ask) yield return $"  {ask}";

        string where = socket == usualSocket ? "" : $" --admin-socket {socket}";
        yield return $"  {program} list{where}";
        if (services.Count > 0) yield return $"  {program} explain {services[0].Name.Namespace}/{services[0].Name.Name}{where}";
        yield return "Ctrl-C ends it.";
        yield return "";
    }

    /// <summary>Null where nothing of it listens, or no program for its protocol is here.</summary>
    private static string? Ask(ServiceReading service, Func<string, bool> has) =>
        service.Listeners.FirstOrDefault(listener => listener.State == ListenerState.Listening) is { } open
            ? DemoHints.Asks(service.Port, DemoHints.Near(open.Address), has)
            : null;
}
