using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json;
using UserProxy.Model;

namespace UserProxy.App.Configuration;

/// <summary>
/// The settings in force, as a configuration file that would give them again (JSON is YAML): the answer of <c>/configz</c>. A test reads it back and compares.
/// There is no secret among the settings: files are named, not shown.
/// </summary>
internal static class EffectiveSettings
{
    public static string ToJson(RunOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion", UserProxyFile.ApiVersion);
            json.WriteString("kind", UserProxyFile.Kind);
            foreach (var setting in Settings.All) Write(json, setting.Field, ValueOf(setting.Field, options));
            json.WriteStartObject(ServiceDefaults.Field);
            foreach (string field in ServiceDefaults.Fields.Keys) Write(json, field, ValueOf(field, options.Defaults));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Null where nothing is set: leaving the field out says so.</summary>
    private static object? ValueOf(string field, RunOptions options) => field switch
    {
        "manifests" => Texts(options.Manifests),
        "kubeconfig" => options.Kubeconfig,
        "nodeName" => options.NodeName,
        "nodePortAddresses" => options.NodePortAddresses.ToString() is var blocks and not "any" ? Texts(blocks.Split(',')) : null,
        "clusterIps" => Word(options.ClusterIPs),
        "loadBalancerIps" => options.LoadBalancerIPs,
        "externalIps" => Texts(options.ExternalIPs),
        "allowUnguarded" => options.AllowUnguarded,
        "clusterCidr" => Texts(options.ClusterCidrs),
        "healthzBindAddress" => Address(options.HealthzBindAddress),
        "metricsBindAddress" => Address(options.MetricsBindAddress),
        "bindAddressHardFail" => options.BindAddressHardFail,
        "minSyncPeriod" => GoDuration.Format(options.MinSyncPeriod),
        "configSyncPeriod" => options.ConfigSyncPeriod is { } period ? GoDuration.Format(period) : null,
        "scheduler" => options.Defaults.Scheduler.ShortName(),
        "transport" => Word(options.Transport),
        "threads" => options.Threads,
        "adminSocket" => options.AdminSocket,
        "drainTimeout" => GoDuration.Format(options.DrainTimeout),
        "drainDelay" => GoDuration.Format(options.DrainDelay),
        "logFormat" => Word(options.LogFormat),
        "logLevel" => Word(options.LogLevel),
        "accessLog" => options.AccessLog <= 1 ? options.AccessLog == 1 : options.AccessLog,
        "allowLoopbackEndpoints" => options.DialsLoopback,
        "serveLabel" => options.ServeLabel,
        _ => null,
    };

    private static object? ValueOf(string field, ServiceSettings defaults) => field switch
    {
        "scheduler" => defaults.Scheduler.ShortName(),
        "connectTimeout" => GoDuration.Format(defaults.ConnectTimeout),
        "connectAttempts" => defaults.ConnectAttempts,
        "idleTimeout" => GoDuration.Format(defaults.IdleTimeout),
        "halfCloseTimeout" => GoDuration.Format(defaults.HalfCloseTimeout),
        "udpIdleTimeout" => GoDuration.Format(defaults.UdpIdleTimeout),
        "udpResponses" => defaults.UdpResponses,
        "maxConnections" => Limit(defaults.MaxConnections),
        "maxConnectionsPerClient" => Limit(defaults.MaxConnectionsPerClient),
        "noLocalAction" => defaults.NoLocalAction is { } action ? Word(action) : null,
        "drain" => defaults.Drain.ToString(),
        _ => null,
    };

    private static string[]? Texts<T>(IReadOnlyList<T> values) => values.Count == 0 ? null : [.. values.Select(value => value!.ToString()!)];

    private static string Address(IPEndPoint? address) => address?.ToString() ?? "off";

    private static object Limit(int? limit) => limit is { } most ? most : "none";

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static void Write(Utf8JsonWriter json, string field, object? value)
    {
        switch (value)
        {
            case null:
                break;
            case bool truth:
                json.WriteBoolean(field, truth);
                break;
            case int number:
                json.WriteNumber(field, number);
                break;
            case string[] texts:
                json.WriteStartArray(field);
                foreach (string text in texts) json.WriteStringValue(text);
                json.WriteEndArray();
                break;
            default:
                json.WriteString(field, (string)value);
                break;
        }
    }
}
