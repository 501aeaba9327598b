namespace UserProxy.App.Configuration;

/// <summary>
/// Puts the settings together: defaults, then the file, then the environment, then the command line, each over the one before. Reads
/// nothing but what it is handed and the files these name; changes nothing.
/// </summary>
internal static class RunOptionsReader
{
    /// <param name="flags">The values of every flag that was given; an empty list for a switch without a value.</param>
    /// <param name="surroundings">For the environment and the defaults that depend on who runs it.</param>
    public static (RunOptions Options, ConfigurationFile? File) Read(IReadOnlyDictionary<string, IReadOnlyList<string>> flags, Surroundings surroundings)
    {
        string? configPath = flags.TryGetValue(Settings.ConfigFlag, out var given) ? given[0] : NullIfEmpty(surroundings.Variable(Settings.ConfigVariable));
        var file = configPath is null ? null : ConfigurationFile.Read(configPath);
        var options = Apply(
            DefaultsFor(surroundings), [.. file?.Values ?? [], .. FromEnvironment(surroundings), .. FromFlags(flags)], [.. file?.Problems ?? []]);
        options = WithOneSource(options);
        return Missing(options) is { Count: > 0 } missing ? throw new ConfigurationException(missing) : (options, file);
    }

    /// <summary>Folds the values into the options; throws ConfigurationException with every problem there is, not only the first.</summary>
    public static RunOptions Apply(RunOptions options, IEnumerable<GivenValue> values, IEnumerable<string> earlierProblems)
    {
        var problems = earlierProblems.ToList();
        foreach (var value in values)
        {
            try
            {
                options = value.Apply(options, value.Values);
            }
            catch (FormatException e)
            {
                problems.Add($"{value.Origin}: {e.Message}");
            }
        }

        return problems.Count == 0 ? options : throw new ConfigurationException(problems);
    }

    /// <summary>The source: manifests or the API. Throws ConfigurationException for both.</summary>
    public static RunOptions WithOneSource(RunOptions options)
    {
        if (options is { Manifests.Count: > 0, Kubeconfig: not null })
            throw new ConfigurationException(["manifests and kubeconfig exclude each other: serve the one or follow the other"]);
        return options.Manifests.Count == 0 ? options with { Kubeconfig = options.Kubeconfig ?? options.KubeProxyKubeconfig } : options;
    }

    /// <summary>
    /// The files of the source that are not there. At the start a missing path is a typo; a manifest that vanishes later keeps being served and watched for.
    /// </summary>
    public static IReadOnlyList<string> Missing(RunOptions options) =>
    [
        .. options.Manifests.Where(path => !File.Exists(path) && !Directory.Exists(path)).Select(path => $"manifests: no file or folder {path}"),
        .. options.Kubeconfig is { } kubeconfig && !File.Exists(kubeconfig) ? [$"kubeconfig: no file {kubeconfig}"] : Array.Empty<string>(),
    ];

    private static IEnumerable<GivenValue> FromEnvironment(Surroundings surroundings) =>
        from setting in Settings.All
        let text = NullIfEmpty(surroundings.Variable(setting.Variable))
        where text is not null
        let values = setting.Shape == SettingShape.List ? text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [text]
        select new GivenValue(setting.Variable, values, setting.Apply);

    private static IEnumerable<GivenValue> FromFlags(IReadOnlyDictionary<string, IReadOnlyList<string>> flags) =>
        from setting in Settings.All
        where flags.ContainsKey(setting.Flag)
        let values = flags[setting.Flag]
        select new GivenValue(setting.Flag, values is [] && setting.Shape == SettingShape.Switch ? ["true"] : values, setting.Apply);

    internal static RunOptions DefaultsFor(Surroundings surroundings) => new()
    {
        NodeName = (NullIfEmpty(surroundings.Variable(Settings.NodeNameVariable)) ?? surroundings.HostName).Trim().ToLowerInvariant(),
        AdminSocket = DefaultAdminSocket(surroundings),
    };

    /// <summary>Also where the clients of a <c>run</c> look for it.</summary>
    internal static string DefaultAdminSocket(Surroundings surroundings)
    {
        if (surroundings.IsRoot) return "/run/userproxy/admin.sock";
        string folder = NullIfEmpty(surroundings.Variable("XDG_RUNTIME_DIR")) ?? Path.Combine(Path.GetTempPath(), $"userproxy-{Environment.UserName}");
        return Path.Combine(folder, "userproxy", "admin.sock");
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
