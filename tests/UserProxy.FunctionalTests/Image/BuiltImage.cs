using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using UserProxy.App.Tests;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Image;

/// <summary>
/// The image that the Dockerfile makes, by buildah(1) and without a registry: its base images are made of this machine (base-images.sh), and its build steps
/// have this machine's SDK. Once for all tests; it takes a minute. The packages come from, and go to, the user's own folder of packages.
/// </summary>
public sealed class BuiltImage : IAsyncLifetime
{
    public const string Version = "9.8.7";
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private const string Name = "localhost/userproxy:test";

    /// <summary>A minute on a quiet machine.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(20);

    /// <summary>Where this machine has .NET: three above the framework's own folder.</summary>
    private static readonly string DotNet = Path.GetFullPath("../../..", RuntimeEnvironment.GetRuntimeDirectory());

    private readonly DirectoryInfo _store = Directory.CreateTempSubdirectory("userproxy-image-");
    private string? _whyNot;

    /// <summary>What the image says of itself, as OCI has it: User, Env, Entrypoint, Labels.</summary>
    internal JsonNode Config { get; private set; } = new JsonObject();

    /// <summary>Its files.</summary>
    internal string Root { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        try
        {
            _whyNot = await WhyNotAsync();
            if (_whyNot is null) await BuildAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        if (Directory.Exists(_store.FullName)) _store.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    public void SkipUnlessBuilt() => Assert.SkipUnless(_whyNot is null, _whyNot ?? "");

    /// <summary>The image's own program, user and environment, without any capability.</summary>
    internal ContainerSpec Spec(params string[] arguments) => Program([.. Words("Entrypoint"), .. arguments]);

    /// <summary>Another program of the image.</summary>
    internal ContainerSpec Program(params string[] arguments) => new(Root, arguments)
    {
        User = int.Parse(Config["User"]!.GetValue<string>().Split(':')[0], null),
        Environment = Words("Env"),
    };

    /// <summary>Bytes of the files under <paramref name="folder"/>.</summary>
    internal long SizeOf(string folder) =>
        new DirectoryInfo(Path.Combine(Root, folder)).EnumerateFiles(
            "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).Sum(file => file.Length);

    internal string[] Words(string property) => [.. Config[property]?.AsArray().Select(word => word!.GetValue<string>()) ?? []];

    /// <summary>Plain copies, which work on every file system, in a folder that goes away.</summary>
    private string[] Store => ["--storage-driver", "vfs", "--root", Path.Combine(_store.FullName, "images"), "--runroot", Path.Combine(_store.FullName, "run")];

    private async Task BuildAsync()
    {
        await Tool.RunAsync(Long, "sh", [Path.Combine(Repository.Root, "tests/UserProxy.FunctionalTests/Image/base-images.sh"), DotNet, "buildah", .. Store]);
        await Tool.RunAsync(
            Long, "buildah",
            [
                .. Store, "build", "--isolation", "chroot", "--network", "host", "--pull-never", "--layers=false",
                    .. Machine().SelectMany(mount => (string[])["--volume", mount]),
                "--build-arg", $"VERSION={Version}", "--build-arg", $"COMMIT={Commit}", "--tag", Name, Repository.Root,
            ]);
        Config = JsonNode.Parse(await Tool.RunAsync("buildah", [.. Store, "inspect", "--type", "image", Name]))!["OCIv1"]!["config"]!;
        string container = (await Tool.RunAsync("buildah", [.. Store, "from", "--pull-never", Name])).Trim();
        Root = (await Tool.RunAsync("buildah", [.. Store, "mount", container])).Trim();
    }

    private async Task<string?> WhyNotAsync()
    {
        if (!Environment.IsPrivilegedProcess) return "images are built as root";
        if (Tool.FirstMissing("buildah", "runc", "nft", "curl", "dpkg-query", "ldd") is { } missing) return $"{missing} is not installed";
        // Inside some containers none can be made: then a container of this machine's own true(1) fails as well, and the image is not to blame.
        var root = _store.CreateSubdirectory("true");
        foreach (string name in (string[])["lib", "lib64"]) File.CreateSymbolicLink(Path.Combine(root.FullName, name), $"usr/{name}");
        var (code, output) = await Container.RunAsync(new ContainerSpec(root.FullName, "/usr/bin/true") { Folders = ["/usr"] });
        return code == 0 ? null : $"no container can be run here: {output}";
    }

    /// <summary>What the build steps see of this machine.</summary>
    private static IEnumerable<string> Machine()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(home, ".nuget/packages");
        string settings = Path.Combine(home, ".nuget/NuGet");
        yield return $"{packages}:/root/.nuget/packages";
        if (Directory.Exists(settings)) yield return $"{settings}:/root/.nuget/NuGet:ro";
        foreach (string folder in new[] { "/usr", "/etc/ssl", "/etc/alternatives", "/var/lib/dpkg", DotNet }.Where(Directory.Exists))
            yield return $"{folder}:{folder}:ro";
    }
}
