using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// Reads one manifest file: YAML (any number of documents) or JSON, which is read as the YAML that it is. Never throws for what a file
/// holds; every fault is a <see cref="ManifestProblem"/> with its line. Used by <see cref="ManifestSource"/> and by <c>check</c>.
/// </summary>
public sealed class ManifestReader : IDisposable
{
    public const int MaxFileBytes = 16 << 20;
    private const int MaxNotes = 20;

    private static readonly string[] FieldsOfLists = ["items"];
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _file;
    private readonly ManifestErrors _errors;
    private readonly ManifestJson _json;
    private readonly List<ManifestObject> _objects = [];
    private readonly Dictionary<ObjectKey, SourceLine> _endpoints = [];
    private readonly List<ObjectKey> _broken = [];
    private readonly HashSet<string> _notedKinds = [];

    private ManifestReader(string file)
    {
        _file = file;
        _errors = new ManifestErrors(file);
        _json = new ManifestJson(_errors);
    }

    /// <param name="file">What to call the file in problems.</param>
    /// <param name="content">The bytes; more than <see cref="MaxFileBytes"/> are refused.</param>
    public static ManifestContent ReadBytes(string file, ReadOnlySpan<byte> content)
    {
        if (content.Length > MaxFileBytes) return Unreadable(file, 0, $"larger than {MaxFileBytes >> 20} MiB");
        if (content.StartsWith("\uFEFF"u8)) content = content[3..];

        // The YAML parser takes NUL for the end of the file, and would drop what follows it without a word.
        int nul = content.IndexOf((byte)0);
        if (nul >= 0) return Unreadable(file, content[..nul].Count((byte)'\n') + 1, "holds a NUL byte: no text file");

        try
        {
            return ReadText(file, StrictUtf8.GetString(content));
        }
        catch (DecoderFallbackException)
        {
            return Unreadable(file, 0, "is not UTF-8 text");
        }
    }

    public static ManifestContent ReadText(string file, string text)
    {
        using var reader = new ManifestReader(file);
        try
        {
            var yaml = BoundedYaml.LoadReadable(text, out var faults);
            foreach (var fault in faults) reader._errors.Add(fault.Line, "", $"document {fault.Document} is not read: {PrintableText.Of(fault.Reason, 300)}");
            foreach (var document in yaml.Documents) reader.ReadDocument(document.RootNode);
            bool isEmpty = faults.Count == 0 && yaml.Documents.All(document => YamlTypes.Of(document.RootNode) == YamlType.Null);
            return reader.ToContent() with { HasUnread = faults.Count > 0 || reader._errors.HasUnplaced, IsEmpty = isEmpty };
        }
        catch (YamlException e)
        {
            return Unreadable(file, e.Start.Line, PrintableText.Of(e.Message, 300));
        }
    }

    /// <summary>The bytes, or the problem that kept them away; never more than one byte over <see cref="MaxFileBytes"/>.</summary>
    /// <param name="path">Of a file or a pipe; a pipe can be read once.</param>
    /// <param name="bytes">What it holds.</param>
    public static ManifestContent? TryReadFile(string path, out byte[] bytes)
    {
        bytes = [];
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            bytes = ReadBounded(stream);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return Unreadable(path, 0, $"cannot be read: {PrintableText.Of(FileFault.Of(e, path), 300)}");
        }
    }

    public void Dispose() => _json.Dispose();

    private static byte[] ReadBounded(Stream stream)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        // One byte over the limit is enough to know: the length of a pipe, or of a file that grows, says nothing.
        while (bytes.Length <= MaxFileBytes)
        {
            int read = stream.Read(buffer);
            if (read == 0) break;
            bytes.Write(buffer, 0, read);
        }

        return bytes.ToArray();
    }

    private static ManifestContent Unreadable(string file, long line, string message) =>
        new() { Parsed = false, Problems = [new ManifestProblem(file, line, "", message)] };

    private ManifestContent ToContent() => new()
    {
        Objects = _objects,
        Endpoints = _endpoints,
        Broken = _broken,
        Problems = _errors.ToList(),
    };

    private void ReadDocument(YamlNode root)
    {
        _errors.PutDownTo(null);
        if (YamlTypes.Of(root) == YamlType.Null) return; // an empty document
        if (root is YamlMappingNode mapping) ReadObject(mapping, "", defaultKind: null);
        else _errors.Add(root.Start.Line, "", $"must be a Kubernetes object, not {(root is YamlSequenceNode ? "a list" : "a lone value")}");
    }

    private void ReadObject(YamlMappingNode root, string path, string? defaultKind)
    {
        _errors.PutDownTo(null);
        int before = _errors.Faults;
        var type = Decode(root, ApiJson.Default.TypedObject, path);
        if (_errors.Faults > before) return;
        if ((type?.Kind ?? defaultKind) is not { } kind)
        {
            Fail(root, path, "kind", "is missing: no Kubernetes object");
            return;
        }

        // The items of a typed list as the API gives it carry neither kind nor apiVersion.
        string? version = type?.ApiVersion ?? (defaultKind is null ? null : ReadKinds.VersionOf(kind));
        switch (kind)
        {
            case var _ when ReadKinds.VersionFault(kind, version) is { } fault:
                PutDownTo(root, kind);
                Fail(root, path, "apiVersion", fault);
                break;
            case "List" when version is "v1":
                ReadItems(root, path, null);
                break;
            case "ServiceList" or "EndpointSliceList" or "NodeList" when version == ReadKinds.VersionOf(kind):
                ReadItems(root, path, kind[..^4]);
                break;
            case "Service" or "EndpointSlice" or "Node" when version == ReadKinds.VersionOf(kind):
                ReadKnown(root, path, kind);
                break;
            case var _ when ReadKinds.InOtherCase(kind) is { } meant:
                PutDownTo(root, meant);
                Fail(root, path, "kind", $"must be {meant}, not {PrintableText.Quote(kind)}");
                break;
            case var _ when ReadKinds.MeantBy(kind, version) is { } meant:
                PutDownTo(root, meant);
                _errors.Warn(
                    LineOf(root, "kind"), ManifestJson.PathOf(path, "kind"), IssueReasons.UnknownKind,
                    $"{PrintableText.Of(kind, 60)} is no kind that is read here; did you mean {meant}?");
                break;
            default:
                if (kind == "Endpoints") NoteEndpoints(root, path);
                NoteKind(root.Start.Line, kind, version);
                break;
        }
    }

    /// <summary>What is wrong is said of the object that was meant, and its last good form stands.</summary>
    private void PutDownTo(YamlMappingNode root, string kind)
    {
        var meant = ReadKinds.KeyOf(root, kind);
        _errors.PutDownTo(meant, meant is { } named ? ReadKinds.ServiceOf(root, named) : null);
        if (meant is { } key) _broken.Add(key);
    }

    private void Fail(YamlMappingNode root, string path, string field, string message) =>
        _errors.Add(LineOf(root, field), ManifestJson.PathOf(path, field), message);

    private static long LineOf(YamlMappingNode root, string field) => (ManifestJson.FieldOf(root, field) ?? root).Start.Line;

    private T? Decode<T>(YamlMappingNode root, JsonTypeInfo<T> type, string path)
    {
        var json = _json.Write(root, type, path);
        return JsonSerializer.Deserialize(json, type);
    }

    private void ReadItems(YamlMappingNode list, string path, string? defaultKind)
    {
        if (ManifestJson.FieldOf(list, "items") is not { } items)
        {
            WarnOfMissedItems(list, path);
            return;
        }

        foreach (var (item, itemPath) in _json.ObjectsOf(items, ManifestJson.PathOf(path, "items")))
        {
            ReadObject(item, itemPath, defaultKind);
            _errors.PutDownTo(null);
        }
    }

    /// <summary>A list without items is one of nothing; under another name they would be passed over.</summary>
    private void WarnOfMissedItems(YamlMappingNode list, string path)
    {
        foreach (var key in list.Children.Keys)
        {
            if (key is YamlScalarNode { Value: { } name } && name != "items" && Nearest.InAnyCase(name, FieldsOfLists) is { } meant)
                _errors.Warn(
                    key.Start.Line, ManifestJson.PathOf(path, PrintableText.Of(name, 60)), IssueReasons.UnknownField, ManifestJson.UnknownField(meant));
        }
    }

    private void ReadKnown(YamlMappingNode root, string path, string kind)
    {
        int before = _errors.Faults;
        var meta = Decode(root, ApiJson.Default.IdentifiedObject, path)?.Metadata;
        if (_errors.Faults > before || meta?.Name is not { } name) return;

        string? space = kind == "Node" ? null : meta.Namespace ?? WellKnown.DefaultNamespace;
        var key = new ObjectKey(kind, space ?? "", name);
        _errors.PutDownTo(key, ReadKinds.ServiceOf(root, key));
        var source = new SourceLine(_file, root.Start.Line);
        object? item = kind switch
        {
            "Service" when Read(root, path, ApiResources.Services) is { } service => service with
            {
                Metadata = service.Metadata with { Namespace = space, Source = source },
                Spec = service.Spec is { } spec ? spec with { Ports = Placed(spec.Ports, (port, line) => port with { Source = line }) } : null,
            },
            "EndpointSlice" when Read(root, path, ApiResources.EndpointSlices) is { } slice => slice with
            {
                Metadata = slice.Metadata with { Namespace = space, Source = source },
                Ports = Placed(slice.Ports, (port, line) => port with { Source = line }),
                Endpoints = Placed(slice.Endpoints, (endpoint, line) => endpoint with { Source = line }),
            },
            "Node" when Read(root, path, ApiResources.Nodes) is { } node => node with { Metadata = node.Metadata with { Namespace = null, Source = source } },
            _ => null,
        };
        if (item is null) _broken.Add(key);
        else _objects.Add(new ManifestObject(key, source, item));
    }

    private T? Read<T>(YamlMappingNode root, string path, ApiResource<T> resource)
        where T : class
    {
        int before = _errors.Faults;
        var json = _json.Write(root, resource.Type, path);
        if (_errors.Faults > before) return null;
        var decoded = ItemDecoder.Decode(json, resource);
        if (decoded.Flaw is { } flaw) _errors.Add(root.Start.Line, path, flaw);
        return decoded.Item;
    }

    private IReadOnlyList<T>? Placed<T>(IReadOnlyList<T>? items, Func<T, SourceLine, T> place)
    {
        var lines = _json.LinesOf<T>();
        return items is null ? null : [.. items.Select((item, i) => place(item, new SourceLine(_file, lines[i])))];
    }

    private void NoteEndpoints(YamlMappingNode root, string path)
    {
        if (Decode(root, ApiJson.Default.IdentifiedObject, path)?.Metadata is { Name: { } name } meta)
            _endpoints.TryAdd(new ObjectKey("Endpoints", meta.Namespace ?? WellKnown.DefaultNamespace, name), new SourceLine(_file, root.Start.Line));
    }

    private void NoteKind(long line, string kind, string? version)
    {
        string what = $"{PrintableText.Of(kind, 60)} ({PrintableText.Of(version ?? "no apiVersion", 60)})";
        if (_notedKinds.Count < MaxNotes && _notedKinds.Add(what)) _errors.Note(line, $"{what} is not read here and left alone");
    }
}
