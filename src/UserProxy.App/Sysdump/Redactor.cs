using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace UserProxy.App.Sysdump;

/// <summary>
/// Puts hashes in the place of names and addresses: one name has one hash all over an archive, and another one in every other, as the key is made for this one
/// and forgotten. It learns names where they have fields of their own, and finds them again in sentences, labels and longer names that begin with them.
/// </summary>
internal sealed partial class Redactor
{
    /// <summary>Words of sentences that are names of users as well; as such they tell nothing.</summary>
    private static readonly string[] UsersOfEveryNode = ["root", "nobody", "daemon", "bin", "sys", "mail", "news", "proxy", "games", "man", "-"];

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly Dictionary<string, string> _names = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Longer than a word: texts that name files and servers, the longest first.</summary>
    private readonly SortedDictionary<string, string> _phrases =
        new(Comparer<string>.Create((one, other) => one.Length != other.Length ? other.Length - one.Length : string.CompareOrdinal(one, other)));

    /// <summary>Finds the names in a document.</summary>
    public void Learn(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                bool isOfService = element.TryGetProperty("namespace", out _);
                foreach (var field in element.EnumerateObject())
                {
                    if (field.Value.ValueKind == JsonValueKind.String) LearnField(field.Name, field.Value.GetString()!, isOfService);
                    else if (field.Name == "manifests" && field.Value.ValueKind == JsonValueKind.Array)
                    {
                        foreach (var path in field.Value.EnumerateArray()) LearnPhrase("path", path.GetString() ?? "");
                    }
                    else Learn(field.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray()) Learn(item);
                break;
        }
    }

    /// <summary>This machine's own name, which may be the node's or another one.</summary>
    public void LearnHost(string name) => LearnName("node", name);

    /// <summary>The same document with hashes in its texts; names of fields stay.</summary>
    public string Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true })) Write(json, document.RootElement, field: "");
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length) + "\n";
    }

    /// <summary>The same metrics with hashes in the values of labels.</summary>
    public string Metrics(string text) => Label().Replace(text, label =>
    {
        string name = label.Groups["name"].Value, value = label.Groups["value"].Value;
        return $"{name}=\"{(KindOf(name, isOfService: true) is { } kind && value.Length > 0 ? Hash(kind, value) : Text(value))}\"";
    });

    /// <summary>The same sentence with hashes in the place of what was learnt, of addresses, files and hosts.</summary>
    public string Text(string text)
    {
        foreach (var (phrase, hash) in _phrases) text = text.Replace(phrase, hash, StringComparison.Ordinal);
        text = UrlHost().Replace(text, host => IsAddress(host.Value) ? host.Value : _names.GetValueOrDefault(host.Value) ?? Hash("host", host.Value));
        text = FilePath().Replace(text, path => Hash("path", path.Value));
        text = IPv6Like().Replace(text, Address6);
        text = IPv4Like().Replace(text, like => Address(like.Value));
        text = Word().Replace(text, word => NameIn(word.Value));
        // Of a Service that nobody declares no field tells the name.
        text = NameBehindNamespace().Replace(text, name => IsHash().IsMatch(name.Value) ? name.Value : Hash("svc", name.Value));
        return Quoted().Replace(text, quoted => IsHash().IsMatch(quoted.Value) ? quoted.Value : Hash("text", quoted.Value));
    }

    private void LearnField(string field, string value, bool isOfService)
    {
        if (field is "source" or "servicesFrom" or "kubeconfig" or "stateDir" or "adminSocket") LearnSource(value);
        else if (field == "subject" && Subject().Match(value) is { Success: true } subject)
        {
            LearnName(subject.Groups["space"].Success ? "ns" : "name", subject.Groups["space"].Value);
            LearnName("name", subject.Groups["name"].Value);
        }
        else if (KindOf(field, isOfService) is { } kind) LearnName(kind, value);
    }

    private static string? KindOf(string field, bool isOfService) => field switch
    {
        "namespace" => "ns",
        "name" or "service" when isOfService => "svc",
        "port" when isOfService => "port",
        "node" or "nodeName" => "node",
        "zone" => "zone",
        "user" => "user",
        "serveLabel" => "label",
        _ => null,
    };

    private void LearnName(string kind, string name)
    {
        // A number is no word of a sentence that could be found again: its own field is hashed all the same.
        if (name.Length == 0 || name.All(char.IsAsciiDigit) || (kind == "user" && UsersOfEveryNode.Contains(name, StringComparer.Ordinal))) return;
        _names.TryAdd(name, Hash(kind, name));
    }

    private void LearnSource(string value)
    {
        if (value is "sock_diag" or "/proc/net" or "") return;
        foreach (string part in value.Split(", ", StringSplitOptions.RemoveEmptyEntries))
        {
            if (Uri.TryCreate(part, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https") LearnName("host", uri.Host.Trim('[', ']'));
            else LearnPhrase("path", part);
        }
    }

    private void LearnPhrase(string kind, string phrase)
    {
        if (phrase.Length > 1) _phrases.TryAdd(phrase, Hash(kind, phrase));
    }

    private void Write(Utf8JsonWriter json, JsonElement element, string field, bool isOfService = false)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                bool hasNamespace = element.TryGetProperty("namespace", out _);
                foreach (var member in element.EnumerateObject())
                {
                    json.WritePropertyName(member.Name);
                    Write(json, member.Value, member.Name, hasNamespace);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in element.EnumerateArray()) Write(json, item, field);
                json.WriteEndArray();
                break;
            case JsonValueKind.String:
                string value = element.GetString()!;
                if (field == "apiVersion")
                {
                    json.WriteStringValue(value);
                    break;
                }

                bool isName = value.Length > 0 && KindOf(field, isOfService) is not null && !(field == "user" && UsersOfEveryNode.Contains(value));
                json.WriteStringValue(isName ? Hash(KindOf(field, isOfService)!, value) : Text(value));
                break;
            default:
                element.WriteTo(json);
                break;
        }
    }

    /// <summary>The word itself, each part of a host's name, or a name that it begins with (<c>web-x7k2p</c> of an EndpointSlice).</summary>
    private string NameIn(string word)
    {
        if (_names.TryGetValue(word, out string? known)) return known;
        if (word.Contains('.', StringComparison.Ordinal)) return string.Join('.', word.Split('.').Select(NameIn));
        for (int dash = word.LastIndexOf('-'); dash > 0; dash = word.LastIndexOf('-', dash - 1))
        {
            if (_names.TryGetValue(word[..dash], out known)) return known + word[dash..];
        }

        return word;
    }

    private string Address6(Match like)
    {
        // A sentence may put a colon or a full stop behind it.
        string text = like.Value.TrimEnd(':', '.');
        if (like.Value.EndsWith("::", StringComparison.Ordinal) && IPAddress.TryParse(like.Value, out _)) text = like.Value;
        return Address(text) + like.Value[text.Length..];
    }

    /// <summary>Those that every node has stay: they say what is listened on, and nothing of whom.</summary>
    private string Address(string text)
    {
        if (!IPAddress.TryParse(text, out var address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || IPAddress.IsLoopback(address))
            return text;
        return Hash(address.AddressFamily == AddressFamily.InterNetwork ? "ip4" : "ip6", address.ToString());
    }

    private static bool IsAddress(string text) => IPAddress.TryParse(text.Trim('[', ']'), out _);

    private string Hash(string kind, string text) =>
        $"{kind}-{Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text.ToLowerInvariant())))[..10]}";

    [GeneratedRegex(@"^\w+ (?:(?<space>[^/\s]+)/)?(?<name>[^/\s]+)$")]
    private static partial Regex Subject();

    [GeneratedRegex(@"(?<name>[A-Za-z_]\w*)=""(?<value>(?:[^""\\]|\\.)*)""")]
    private static partial Regex Label();

    [GeneratedRegex(@"(?<=://)(?:\[[^\]\s]+\]|[^/\s:""',]+)")]
    private static partial Regex UrlHost();

    /// <summary>Manifests, kubeconfigs and what they name; not the files of the kernel.</summary>
    [GeneratedRegex(
        @"(?<![\w/:.-])(?!/proc/|/sys/|/v1/)(?:(?:[\w.-]*/)*[\w.-]+\.(?:ya?ml|json|conf|pem|crt|key|config)\b|/[\w.-]+(?:/[\w.-]+)+)")]
    private static partial Regex FilePath();

    [GeneratedRegex(@"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,}[0-9A-Fa-f:.]*(?![\w])")]
    private static partial Regex IPv6Like();

    [GeneratedRegex(@"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\d]|\.\d)")]
    private static partial Regex IPv4Like();

    [GeneratedRegex(@"(?<=\bns-[0-9a-f]{10}/)[A-Za-z0-9][\w.-]*\w")]
    private static partial Regex NameBehindNamespace();

    /// <summary>What somebody wrote, as messages quote it.</summary>
    [GeneratedRegex(@"(?<=(?<!\w)')[^'\r\n]+(?='(?!\w))")]
    private static partial Regex Quoted();

    [GeneratedRegex("^[a-z46]+-[0-9a-f]{10}$")]
    private static partial Regex IsHash();

    [GeneratedRegex(@"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")]
    private static partial Regex Word();
}
