namespace UserProxy.Model;

/// <summary>The words of the PROXY protocol settings, as annotations and the configuration have them and as they are shown.</summary>
public static class ProxyProtocolText
{
    public const string None = "none";

    /// <summary>What may be written for the version, for messages.</summary>
    public const string Versions = "v1, v2 or none";

    /// <summary>What may be written for the options, for messages.</summary>
    public const string Options = "crc32c, service-name, both, or none";

    /// <summary>What may be written for the load balancers, for messages.</summary>
    public const string Balancers = "blocks such as 10.0.0.5/32,fd00::/8, or none";

    public static bool TryParseVersion(string text, out ProxyProtocolVersion? version)
    {
        version = text switch
        {
            "v1" => ProxyProtocolVersion.V1,
            "v2" => ProxyProtocolVersion.V2,
            _ => null,
        };
        return version is not null || text == None;
    }

    public static bool TryParseOptions(string text, out ProxyV2Options options)
    {
        options = ProxyV2Options.None;
        if (text == None) return true;
        foreach (string word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (word == "crc32c") options |= ProxyV2Options.Crc32c;
            else if (word == "service-name") options |= ProxyV2Options.ServiceName;
            else return false;
        }

        return true;
    }

    public static bool TryParseBalancers(string text, out ValueList<CidrBlock> blocks)
    {
        blocks = [];
        if (text == None) return true;
        var read = new List<CidrBlock>();
        foreach (string word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!CidrBlock.TryParse(word, out var block)) return false;
            read.Add(block);
        }

        blocks = [.. read];
        return true;
    }

    public static string Of(ProxyProtocolVersion? version) => version switch
    {
        ProxyProtocolVersion.V1 => "v1",
        ProxyProtocolVersion.V2 => "v2",
        _ => None,
    };

    public static string Of(ProxyV2Options options) => options == ProxyV2Options.None ? None : string.Join(
        ',', new[]
        {
            options.HasFlag(ProxyV2Options.Crc32c) ? "crc32c" : null,
            options.HasFlag(ProxyV2Options.ServiceName) ? "service-name" : null,
        }.OfType<string>());

    public static string Of(ValueList<CidrBlock> balancers) => balancers.Count == 0 ? None : string.Join(',', balancers);
}
