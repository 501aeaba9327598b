namespace UserProxy.Kubernetes.Client.Access;

/// <summary>
/// Makes a new access when a file of the old one has changed: a token, a certificate with its key, the authorities, the kubeconfig. Whoever issues them
/// (kubelet, k3s, cert-manager) renews them while this process runs. What cannot be used yet, such as a new certificate beside the old key, leaves the old
/// access in use and is tried again. Used by <see cref="ApiClient"/>, from several tasks at once.
/// </summary>
internal sealed class AccessFollower(ClusterAccess access, TimeProvider time)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private ClusterAccess _current = access;
    private long _lookedAt = time.GetTimestamp();
    private string? _said;

    /// <summary>What is in use; looks at no file.</summary>
    public ClusterAccess Current
    {
        get
        {
            lock (_lock) return _current;
        }
    }

    /// <summary>What to use for a request, no older than the interval.</summary>
    public ClusterAccess Fresh()
    {
        lock (_lock)
        {
            if (time.GetElapsedTime(_lookedAt) >= LookInterval) Look();
            return _current;
        }
    }

    /// <summary>Told that the server has refused a request, or does not show what we believe.</summary>
    /// <returns>Is there another access now?</returns>
    public bool LookAgain(ClusterAccess used)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_current, used)) Look();
            return !ReferenceEquals(_current, used);
        }
    }

    private void Look()
    {
        _lookedAt = time.GetTimestamp();
        if (_current.Files.Changed() is not { Count: > 0 } changed || _current.MakeAgain is not { } make) return;
        string files = string.Join(", ", changed.Select(file => PrintableText.Of(file, 400)));
        try
        {
            _current = make();
            _said = null;
            KubernetesLog.AccessRenewed(_current.Logger, files);
        }
        catch (ClusterAccessException e)
        {
            if (_said == e.Message) return;
            _said = e.Message;
            KubernetesLog.AccessNotRenewed(_current.Logger, files, e.Message);
        }
    }
}
