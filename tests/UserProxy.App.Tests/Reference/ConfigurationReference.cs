using System.Text.Json;
using System.Text.RegularExpressions;
using UserProxy.App.Configuration;

namespace UserProxy.App.Tests.Reference;

/// <summary>Every setting under all its names, every default of Services with its annotation, and every field of kube-proxy with its fate.</summary>
internal static partial class ConfigurationReference
{
    /// <summary>Values and meaning of each field under <c>defaults:</c>, which the code knows by its name and its reader alone.</summary>
    private static readonly Dictionary<string, (string Values, string Meaning)> Meanings = new()
    {
        ["scheduler"] = ("see --scheduler", "how an endpoint is chosen: [choosing a scheduler](../operations.md#choosing-a-scheduler)"),
        ["connectTimeout"] = ("duration from 1ms", "for one dial while there is another endpoint to try"),
        ["connectAttempts"] =
            ("1-10", "dials before the client is reset, within so many times `connectTimeout`: to different endpoints, then to those that did not answer"),
        ["idleTimeout"] = ("duration from 1ms", "no progress in either direction for this long: RST to both sides"),
        ["halfCloseTimeout"] = ("duration from 1ms", "the same, once one side has sent its FIN"),
        ["udpIdleTimeout"] = ("duration from 1ms", "a UDP session ends when it has been quiet for this long; one without an answer yet after 30 s at most"),
        ["udpResponses"] = ("0-1000000", "a UDP session ends when each of its datagrams has had so many answers; 0: any number, also at port 53"),
        ["maxConnections"] = ("number, none", "TCP connections at a time, to a Service port on this node; over it: RST"),
        ["maxConnectionsPerClient"] = ("number, none", "the same, of one client address"),
        ["noLocalAction"] = ("drop, reject", "what a client meets when a Local policy finds no endpoint here"),
        ["clientAddress"] = (
            "keep, node",
            "whose address endpoints on this node see; unset: the client's own where the traffic policy is Local: "
                + "[client address](../client-address.md#keeping)"),
        ["proxyProtocol"] =
            ("v1, v2, none", "endpoints are told the client by this header before its first byte: [PROXY protocol](../client-address.md#proxy-protocol)"),
        ["proxyV2Options"] = ("crc32c, service-name, none", "what a header of version 2 carries besides the addresses and a unique id; commas between"),
        ["acceptProxyProtocol"] =
            ("CIDR,..., none", "load balancers that begin each TCP connection with such a header; the client that it tells is the one that counts"),
        ["drain"] = ("none, immediate, duration", "when connections of an endpoint that leaves the list are reset"),
    };

    public static string Make()
    {
        var page = new Markdown()
            .Heading(1, "Configuration")
            .Paragraph(
                "Made from the code by a test (`ReferenceTests`); do not edit. An example with every field: "
                    + "[userproxy.yaml](../examples/configuration/userproxy.yaml). What the settings do in practice: [operations](../operations.md).")
            .Paragraph(
                "A flag wins over its environment variable, the variable over the file. Durations are as Go writes them (`250ms`, `1m30s`). Lists are "
                    + "repeated flags, or commas; in the file also YAML lists. A field that is not known is an error with its line, and exit code 64. "
                    + "`userproxy check FILE` says so beforehand, `/configz` what is in force.")
            .Heading(2, "Settings of the process")
            .Paragraph(
                $"`apiVersion: {UserProxyFile.ApiVersion}`, `kind: {UserProxyFile.Kind}`, given with `{Settings.ConfigFlag} FILE` or "
                    + $"`{Settings.ConfigVariable}`.")
            .Table(
                ["field", "flag", "variable", "value", "means"],
                Settings.All.Select(setting => new[]
                {
                    Markdown.Literal(setting.Field), Markdown.Literal(setting.Flag), Markdown.Literal(setting.Variable), Markdown.Literal(setting.ValueName),
                    setting.Description,
                }))
            .Heading(2, "Settings of a Service")
            .Paragraph(
                $"Under `{ServiceDefaults.Field}:` for all Services, and as an annotation of one. A bad value in an annotation never breaks a Service: the "
                    + "default stands, and `explain`, a Warning and a metric say so.");
        var defaults = Defaults();
        page.Table(
            ["field", "annotation", "values", "default", "means"],
            ServiceDefaults.Fields.Keys.Select(
                field => new[] { Markdown.Literal(field), Markdown.Literal(AnnotationOf(field)), Meanings[field].Values,
                    defaults.GetValueOrDefault(
                        field,
                        field switch
                        {
                            "udpResponses" => "any number, 1 at port 53",
                            "clientAddress" => "keep where the traffic policy is Local, else node",
                            _ => "drop at external addresses, reject at ClusterIPs",
                        }),
                    Meanings[field].Meaning }));
        return page
            .Paragraph(
                "On an EndpointSlice: `userproxy.io/weight.IP` (1-65535, default 1; an IPv6 address with dashes for colons) for `wrr`, `wlc`, `sed`, `nq` "
                    + "and `mh`.")
            .Heading(2, "Labels and annotations of Kubernetes that count")
            .Table(
                ["name", "on", "means"],
                [
                    ["`service.kubernetes.io/service-proxy-name`", "Service",
                        "with `serveLabel`: Services of that value alone are served; without: those that do not carry the label. kube-proxy leaves every "
                            + "Service alone that carries it"],
                    ["`service.kubernetes.io/headless`", "EndpointSlice", "left alone"],
                    ["`kubernetes.io/service-name`", "EndpointSlice", "whose endpoints these are"],
                    ["`topology.kubernetes.io/zone`", "Node", "this node's zone, for hints"],
                    ["`endpoints.kubernetes.io/last-change-trigger-time`", "EndpointSlice", "for `kubeproxy_network_programming_duration_seconds`"],
                ])
            .Heading(2, "kube-proxy's configuration")
            .Paragraph(
                $"`{Settings.ConfigFlag}` also takes kube-proxy's own file (`{KubeProxyFile.ApiVersion}`, `{KubeProxyFile.Kind}`) as it is. Fields with "
                    + $"their zero value mean the default and are passed over; the rest that is ignored is named in one line of the log, and `userproxy "
                    + "migrate plan` tells the fate of each. A field that is not in this table is a Warning of the log and of `userproxy check`, with its line "
                    + "and what was likely meant.")
            .Table(
                ["field", "fate", "how or why"],
                KubeProxyFields.All.Select(
                    field => new[] { Markdown.Literal(field.Name.EndsWith('.') ? $"{field.Name}*" : field.Name), field.Apply is null
                        ? "ignored"
                        : "honoured", field.Why }))
            .ToString();
    }

    public static string AnnotationOf(string field) => $"userproxy.io/{Capital().Replace(field, match => $"-{match.Value.ToLowerInvariant()}")}";

    private static Dictionary<string, string> Defaults()
    {
        using var json = JsonDocument.Parse(EffectiveSettings.ToJson(new RunOptions()));
        return json.RootElement.GetProperty(
            ServiceDefaults.Field).EnumerateObject().ToDictionary(field => field.Name, field => field.Value.ToString(), StringComparer.Ordinal);
    }

    [GeneratedRegex("[A-Z]", RegexOptions.CultureInvariant)]
    private static partial Regex Capital();
}
