using System.CommandLine;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;

namespace UserProxy.App.Run;

/// <summary><c>run</c>: the node agent. Parses and checks without side effects, then hands over to <see cref="NodeAgent"/>.</summary>
internal static class RunCommand
{
    private const string Examples = """
          userproxy run --manifests services.yaml
              serve the Services of a file, reload it when it changes
          userproxy run --manifests /etc/userproxy/services --node-port-addresses 10.0.0.0/8 --scheduler lc
              a folder of manifests, NodePorts on one network only, least connections
          userproxy run --config /var/lib/kube-proxy/config.conf --manifests services.yaml --log-format json
              settings from the configuration that kubeadm wrote for kube-proxy
          USERPROXY_DRAIN_TIMEOUT=5s userproxy run --manifests services.yaml --access-log
              every flag has a variable; the flag wins
          userproxy run --kubeconfig ~/.kube/config --cluster-ips off
              the Services of a cluster, NodePorts alone, without any privilege
          userproxy run
              in a Pod: the cluster around it, by its ServiceAccount
        """;

    public static Command Create(Surroundings surroundings)
    {
        var config = new Option<string>(Settings.ConfigFlag)
        {
            Description = "Settings from a UserProxyConfiguration or KubeProxyConfiguration file; flags and USERPROXY_* variables win over it.",
            HelpName = "FILE",
        };
        var flags = Settings.All.Select(ToOption).ToList();
        var command = new DocumentedCommand("run", "Serve the Services of this node until SIGTERM: the node agent.", Examples) { config };
        foreach (var flag in flags) command.Add(flag);
        command.SetAction((parse, cancellation) => RunAsync(Given(parse, [config, .. flags]), surroundings, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(IReadOnlyDictionary<string, IReadOnlyList<string>> flags, Surroundings surroundings, CancellationToken cancellation)
    {
        RunOptions options;
        ConfigurationFile? file;
        try
        {
            (options, file) = RunOptionsReader.Read(flags, surroundings);
        }
        catch (ConfigurationException e)
        {
            await surroundings.ComplainAsync([.. e.Problems]);
            return ExitCode.BadUsage;
        }

        return await NodeAgent.RunAsync(options, file, surroundings, cancellation);
    }

    // All text: the values are read by the same code whether they come from a flag, a variable or a file.
    private static Option ToOption(Setting setting)
    {
        Option option = setting.Shape == SettingShape.List ? new Option<string[]>(setting.Flag) : new Option<string>(setting.Flag);
        option.Description = setting.Description;
        option.HelpName = setting.ValueName;
        if (setting.Shape == SettingShape.Switch) option.Arity = ArgumentArity.ZeroOrOne;
        return option;
    }

    private static Dictionary<string, IReadOnlyList<string>> Given(ParseResult parse, IEnumerable<Option> options) => (
        from option in options
        let result = parse.GetResult(option)
        where result is { Implicit: false }
        select (option.Name, Values: (IReadOnlyList<string>)[.. result.Tokens.Select(token => token.Value)]))
        .ToDictionary(given => given.Name, given => given.Values, StringComparer.Ordinal);
}
