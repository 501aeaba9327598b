using System.CommandLine;
using System.Globalization;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Access;

namespace UserProxy.App.Migrate;

/// <summary><c>migrate convert</c>: writes our configuration from kube-proxy's. Reads, and changes nothing.</summary>
internal static class ConvertCommand
{
    private const string Examples = """
          userproxy migrate convert --config /var/lib/kube-proxy/config.conf > userproxy.yaml
              from a file: as it lies on a node, as kubeadm was given it, or a saved ConfigMap
          userproxy migrate convert --kubeconfig ~/.kube/config
              from the cluster's ConfigMap kube-proxy
          userproxy check userproxy.yaml
              whether run takes what was written
        """;

    public static Command Create(Surroundings surroundings)
    {
        var config = MigrateCommand.ConfigOption();
        var kubeconfig = new Option<string>("--kubeconfig")
        {
            Description = "The cluster to read it from. Default: those of KUBECONFIG, else the cluster of this Pod.",
            HelpName = "FILE",
        };
        var command = new DocumentedCommand(
            "convert", "Write a UserProxyConfiguration from kube-proxy's configuration. Exit code 0: all of it is converted, or changes nothing here; 1: it is "
                + "written, and something is left to decide; 64: bad input, or none; 69: the cluster does not answer.", Examples)
        {
            config, kubeconfig,
        };
        command.SetAction((parse, cancellation) => MigrateCommand.AnswerAsync(
            () => ConvertAsync(parse.GetValue(config), parse.GetValue(kubeconfig), surroundings, cancellation), surroundings));
        return command;
    }

    private static async Task<int> ConvertAsync(string? config, string? kubeconfig, Surroundings surroundings, CancellationToken cancellation)
    {
        if (config is not null && kubeconfig is not null)
            throw new ConfigurationException(["--config and --kubeconfig exclude each other: read a file, or the cluster"]);
        var conversion = Converter.Convert(config is not null ? KubeProxyText.Read(config) : await ReadClusterAsync(kubeconfig, surroundings, cancellation));
        ConversionText.Write(surroundings.Out, conversion);
        await surroundings.ComplainAsync([.. Talk(conversion).Select(line => PrintedLine.Of(line))]);
        return conversion.Undecided.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<ConfigurationFile> ReadClusterAsync(string? kubeconfig, Surroundings surroundings, CancellationToken cancellation)
    {
        var options = new RunOptions { Kubeconfig = kubeconfig };
        if (ClusterToRead.Find(options, surroundings) is not { } access)
            throw new ConfigurationException(["nothing to convert: say where kube-proxy's configuration is, with --config FILE or --kubeconfig FILE"]);
        using var client = new ApiClient(access, surroundings.Time);
        var reader = new ClusterSnapshotReader(client);
        if (await KubeProxyText.ReadAsync(reader, cancellation) is { } found) return found;
        if (reader.Unseen is [var why, ..]) throw new ClusterAccessException(why);
        throw new ConfigurationException(
            [$"{access.Server}: kube-system has neither a ConfigMap kube-proxy nor kube-proxy-config with a {KubeProxyFile.Kind}; where kube-proxy has flags "
                + "instead (k3s, kops), there is nothing to convert"]);
    }

    private static IEnumerable<string> Talk(Conversion conversion)
    {
        foreach (string warning in conversion.Warnings) yield return warning;
        foreach (var left in conversion.Undecided)
            yield return $"{conversion.Source}:{left.Fate.Line}: {left.Fate.Name}: {left.Fate.Value} is not converted: {left.Why}; {left.Action}";
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{conversion.Source}: {Amount.Of(conversion.Fields.Count, "field")} written, {conversion.WithoutMeaning.Count} left out as nothing changes, "
                + $"{conversion.Undecided.Count} to be decided");
    }
}
