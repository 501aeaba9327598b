using System.ComponentModel;
using System.Diagnostics;
using System.Net.Security;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using k8s.KubeConfigModels;
using Microsoft.Extensions.Logging;

namespace UserProxy.Kubernetes.Client.Access;

/// <summary>
/// Credentials that a program gives (aws, gke-gcloud-auth-plugin, kubelogin): run at the first request, when they expire and when the
/// server refuses them; never twice at once.
/// </summary>
internal sealed class ExecCredentials(
    string source, ExecSettings settings, SslStreamCertificateContext? certificate, TimeProvider time, ILogger logger) : IDisposable
{
    private const int MaxOutput = 1 << 20;
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _one = new(1);
    private Identity? _known;
    private ExecCredentialResponse.ExecStatus? _given; // what it was made of
    private DateTimeOffset _expires;
    private volatile bool _refused;

    public async ValueTask<Identity> GetAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_known is not null && !_refused && time.GetUtcNow() < _expires) return _known;
            var status = await RunAsync(cancellationToken).ConfigureAwait(false);
            // The same again is the same identity, and keeps its connection: plugins have caches, and clocks differ.
            if (_known is null || !IsSame(status, _given)) _known = ToIdentity(status, (_known?.Turn ?? 0) + 1);
            _given = status;
            _refused = false;
            _expires = status.ExpirationTimestamp is { } end ? new DateTimeOffset(end) : DateTimeOffset.MaxValue;
            return _known;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Told that the server refused it; the next <see cref="GetAsync"/> asks for another.</summary>
    public bool Refused(Identity refused)
    {
        // Without the lock: a run that is under way gives new ones anyhow.
        if (ReferenceEquals(_known, refused)) _refused = true;
        return true;
    }

    public void Dispose() => _one.Dispose();

    private async Task<ExecCredentialResponse.ExecStatus> RunAsync(CancellationToken cancellationToken)
    {
        using var process = Start();
        using var limit = new CancellationTokenSource(Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            process.StandardInput.Close();
            var output = ReadAsync(process.StandardOutput, both.Token);
            var errors = ReadAsync(process.StandardError, both.Token);
            string text = await output.ConfigureAwait(false);
            string complaint = PrintableText.Of((await errors.ConfigureAwait(false)).Trim(), 400);
            await process.WaitForExitAsync(both.Token).ConfigureAwait(false);
            if (process.ExitCode != 0) throw Fault($"ended with code {process.ExitCode}: {complaint}");
            if (complaint.Length > 0) KubernetesLog.PluginComplained(logger, PrintableText.Of(settings.Command), complaint);
            return Parse(text);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw Fault($"has not answered within {Timeout.TotalSeconds} s");
        }
        finally
        {
            Kill(process);
        }
    }

    private Process Start()
    {
        string hint = settings.InstallHint is { } text ? $". {PrintableText.Of(text, 800)}" : "";
        string program = settings.Command.Contains('/', StringComparison.Ordinal) ? settings.Command : ToolPath.Find(settings.Command)
            ?? throw Fault($"cannot be started: it is not in PATH{hint}");
        var start = new ProcessStartInfo(program, settings.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings.Environment) start.Environment[name] = value;
        start.Environment["KUBERNETES_EXEC_INFO"] = settings.Info;
        try
        {
            return Process.Start(start) ?? throw Fault("cannot be started");
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
        {
            throw Fault($"cannot be started: {PrintableText.Of(e.Message)}{hint}");
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var buffer = new char[4096];
        while (await reader.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var read)
        {
            // Read to the end all the same: a program that cannot write would not end.
            if (text.Length < MaxOutput) text.Append(buffer, 0, read);
        }

        return text.ToString();
    }

    private ExecCredentialResponse.ExecStatus Parse(string text)
    {
        ExecCredentialResponse? answer;
        try
        {
            answer = JsonSerializer.Deserialize(text, ExecJson.Default.ExecCredentialResponse);
        }
        catch (JsonException)
        {
            throw Fault("has not printed an ExecCredential in JSON"); // what it did print may hold a secret
        }

        if (answer is not { Kind: "ExecCredential" } || answer.ApiVersion != settings.ApiVersion)
            throw Fault($"has printed {PrintableText.Of(answer?.Kind)} {PrintableText.Of(answer?.ApiVersion)}, not ExecCredential {settings.ApiVersion}");
        bool paired = string.IsNullOrEmpty(answer.Status?.ClientCertificateData) == string.IsNullOrEmpty(answer.Status?.ClientKeyData);
        if (!paired) throw Fault("has given a client certificate or its key, but not both");
        if (string.IsNullOrEmpty(answer.Status?.Token) && string.IsNullOrEmpty(answer.Status?.ClientCertificateData))
            throw Fault("has given neither a token nor a client certificate");
        return answer.Status;
    }

    private static bool IsSame(ExecCredentialResponse.ExecStatus status, ExecCredentialResponse.ExecStatus? given) =>
        status.Token == given?.Token && status.ClientCertificateData == given?.ClientCertificateData && status.ClientKeyData == given?.ClientKeyData;

    private Identity ToIdentity(ExecCredentialResponse.ExecStatus status, int turn) => new($"what exec plugin {PrintableText.Of(settings.Command)} gave")
    {
        Turn = turn,
        Token = string.IsNullOrEmpty(status.Token) ? null : Identity.CheckedToken($"exec plugin {PrintableText.Of(settings.Command)}", status.Token),
        Certificate = string.IsNullOrEmpty(status.ClientCertificateData)
            ? certificate
            : ClientCertificate.Of($"exec plugin {settings.Command}", status.ClientCertificateData, status.ClientKeyData!),
    };

    private static void Kill(Process process)
    {
        try
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended in between.
        }
    }

    private ClusterAccessException Fault(string what) =>
        new($"{PrintableText.Of(source, 400)}: exec plugin {PrintableText.Of(settings.Command)} {what}");
}

/// <summary>What exec plugins print (client.authentication.k8s.io), in the package's model and without reflection.</summary>
[JsonSerializable(typeof(ExecCredentialResponse))]
internal sealed partial class ExecJson : JsonSerializerContext;
