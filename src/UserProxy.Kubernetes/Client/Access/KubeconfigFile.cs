using System.Text;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Manifests;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace UserProxy.Kubernetes.Client.Access;

/// <summary>One kubeconfig file as YAML, with the files that it names: those are relative to it. Read by <see cref="KubeconfigReader"/>.</summary>
internal sealed class KubeconfigFile
{
    private readonly string _path;
    private readonly string _folder;
    private readonly ManifestErrors _errors;
    private readonly AccessFiles _files;

    /// <param name="path">The file.</param>
    /// <param name="content">What it holds, when it has been read already.</param>
    /// <param name="files">Told of every file that is read.</param>
    /// <exception cref="ClusterAccessException">It cannot be read, or is no YAML mapping.</exception>
    public KubeconfigFile(string path, byte[]? content, AccessFiles files)
    {
        _path = path;
        _folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) ?? "/";
        _errors = new ManifestErrors(path);
        _files = files;
        Root = Load(content is null ? files.Text(path) : Encoding.UTF8.GetString(content));
    }

    public ManifestFields Root { get; }

    /// <summary>For messages.</summary>
    public string Printable => PrintableText.Of(_path, 400);

    public string Folder => _folder;

    /// <summary>A field of a wrong type, which reads as absent; null when there is none.</summary>
    public ClusterAccessException? WrongType => _errors.Faults > 0 ? new ClusterAccessException(_errors.ToList()[0].ToString()) : null;

    public ClusterAccessException Fault(string message) => new($"{Printable}: {message}");

    public string? PathOf(ManifestFields fields, string field) => fields.Text(field) is { Length: > 0 } path ? System.IO.Path.Combine(_folder, path) : null;

    /// <summary>FIELD-data (base64) counts before the file that FIELD names, as in client-go.</summary>
    public byte[]? Data(ManifestFields fields, string field)
    {
        if (fields.Text(field + "-data") is { Length: > 0 } text)
        {
            var bytes = new byte[text.Length];
            return Convert.TryFromBase64String(text, bytes, out int length) ? bytes[..length] : throw Fault($"{fields.Path(field)}-data: is no base64");
        }

        if (PathOf(fields, field) is not { } path) return null;
        return _files.TryRead(path, out var content) is { } unreadable ? throw Fault($"{fields.Path(field)}: {unreadable.Problems[0]}") : content;
    }

    private ManifestFields Load(string text)
    {
        try
        {
            var documents = BoundedYaml.Load(text).Documents;
            if (documents.Count > 0 && documents[0].RootNode is YamlMappingNode root) return new ManifestFields(root, "", _errors);
        }
        catch (YamlException e)
        {
            throw new ClusterAccessException($"{Printable}:{e.Start.Line}: {PrintableText.Of(e.Message, 300)}", e);
        }

        throw Fault("is no kubeconfig: a mapping with clusters, users and contexts is needed");
    }
}
