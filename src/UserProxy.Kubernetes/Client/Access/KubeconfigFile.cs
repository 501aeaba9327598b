using System.Text;
using System.Text.Json;
using UserProxy.Kubernetes.Manifests;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace UserProxy.Kubernetes.Client.Access;

/// <summary>One kubeconfig file with the files that it names: those are relative to it. Read by <see cref="KubeconfigReader"/>.</summary>
internal sealed class KubeconfigFile
{
    private const string Needed = "a mapping with clusters, users and contexts is needed";

    private readonly string _path;
    private readonly AccessFiles _files;

    /// <param name="path">The file.</param>
    /// <param name="content">What it holds, when it has been read already.</param>
    /// <param name="files">Told of every file that is read.</param>
    /// <exception cref="ClusterAccessException">It cannot be read, is no YAML mapping, or has a field of a wrong type.</exception>
    public KubeconfigFile(string path, byte[]? content, AccessFiles files)
    {
        _path = path;
        _files = files;
        Folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        Root = Load(content is null ? files.Text(path) : Encoding.UTF8.GetString(content));
    }

    public Kubeconfig Root { get; }

    /// <summary>For messages.</summary>
    public string Printable => PrintableText.Of(_path, 400);

    public string Folder { get; }

    /// <summary>That it is something else; null when there is a field of a kubeconfig in it, or it says that it is one.</summary>
    public ClusterAccessException? OtherKind => Root switch
    {
        { CurrentContext: null, Contexts: null, Clusters: null, Users: null, Kind: null } => Fault($"is no kubeconfig: {Needed}"),
        { CurrentContext: null, Contexts: null, Clusters: null, Users: null, Kind: not "Config" and { } kind } =>
            Fault($"is no kubeconfig, its kind is {PrintableText.Of(kind, 100)}: {Needed}"),
        _ => null,
    };

    public ClusterAccessException Fault(string message) => new($"{Printable}: {message}");

    public string? PathOf(string? file) => string.IsNullOrEmpty(file) ? null : Path.Combine(Folder, file);

    /// <summary>FIELD-data (base64) counts before the file that FIELD names, as in client-go.</summary>
    /// <param name="data">The value of FIELD-data.</param>
    /// <param name="file">The value of FIELD.</param>
    /// <param name="field">Its path, for messages.</param>
    public byte[]? Data(string? data, string? file, string field)
    {
        if (!string.IsNullOrEmpty(data))
        {
            var bytes = new byte[data.Length];
            return Convert.TryFromBase64String(data, bytes, out int length) ? bytes[..length] : throw Fault($"{field}-data: is no base64");
        }

        if (PathOf(file) is not { } path) return null;
        return _files.TryRead(path, out var content) is { } unreadable ? throw Fault($"{field}: {unreadable.Problems[0]}") : content;
    }

    private Kubeconfig Load(string text)
    {
        try
        {
            if (BoundedYaml.Load(text).Documents is not [{ RootNode: YamlMappingNode root }, ..])
                throw Fault($"is no kubeconfig: {Needed}");
            var errors = new ManifestErrors(_path);
            using var writer = new ManifestJson(errors);
            var json = writer.Write(root, KubeconfigJson.Default.Kubeconfig, "");
            return errors.Faults == 0
                ? JsonSerializer.Deserialize(json, KubeconfigJson.Default.Kubeconfig)!
                : throw new ClusterAccessException(errors.ToList()[0].ToString());
        }
        catch (YamlException e)
        {
            throw new ClusterAccessException($"{Printable}:{e.Start.Line}: {PrintableText.Of(e.Message, 300)}", e);
        }
    }
}
