using System.Reflection;
using Microsoft.Extensions.Logging;
using UserProxy.App.Configuration;
using UserProxy.Kubernetes;
using UserProxy.Linux.Epoll;

namespace UserProxy.App.Tests.Architecture;

/// <summary>Who may use whom, as docs/architecture.md has it.</summary>
public sealed class ArchitectureTests
{
    private static readonly Assembly Core = typeof(Proxier).Assembly;
    private static readonly Assembly Linux = typeof(EpollTransport).Assembly;
    private static readonly Assembly Kubernetes = typeof(ManifestSource).Assembly;
    private static readonly Assembly App = typeof(RunOptions).Assembly;

    private const string Package = "KubernetesClient.Aot";

    private static readonly Lazy<List<(Type From, Type To)>> CoreReferences = new(() => [.. TypeReferences.Of(Core)]);

    private static readonly string[] FromSyncing = ["UserProxy.Syncing", "UserProxy.Reading", "=UserProxy"];
    private static readonly string[] FromTcp = ["UserProxy.Tcp", "UserProxy.Udp", .. FromSyncing];
    private static readonly string[] FromTracing = ["UserProxy.Tracing", .. FromTcp];
    private static readonly string[] FromPolicy = ["UserProxy.Policy", "UserProxy.Serving", .. FromTracing];

    public static TheoryData<string, string[], string[]> CoreLayers => new()
    {
        { "UserProxy.Model", ["UserProxy.Counting", "UserProxy.Scheduling", .. FromPolicy], [] },
        { "UserProxy.ProxyProtocol", ["UserProxy.Counting", "UserProxy.Scheduling", .. FromPolicy], [] },
        { "UserProxy.Counting", ["UserProxy.Model", "UserProxy.Scheduling", .. FromPolicy], [] },
        { "UserProxy.Scheduling", FromPolicy, [] },
        { "UserProxy.Policy", ["UserProxy.Serving", .. FromTracing], [] },
        { "UserProxy.Serving", FromTracing, [] },
        { "UserProxy.Tracing", FromTcp, [] },
        // All log events of the library are in one class, whoever logs them.
        { "UserProxy.Tcp", ["UserProxy.Udp", .. FromSyncing], ["UserProxy.ProxyLog"] },
        { "UserProxy.Udp", ["UserProxy.Tcp", .. FromSyncing], ["UserProxy.ProxyLog"] },
        { "UserProxy.Reading", ["UserProxy.Syncing", "=UserProxy"], [] },
    };

    [Theory]
    [MemberData(nameof(CoreLayers))]
    public void Core_Namespace_UsesOnlyWhatIsBelowIt(string layer, string[] mustNotUse, string[] except) =>
        new LayerRule(layer, mustNotUse, except).Violations(CoreReferences.Value).ShouldBeEmpty();

    [Fact]
    public void Projects_DependOnlyInOneDirection()
    {
        OursIn(Core).ShouldBeEmpty();
        OursIn(Linux).ShouldBe([Core.GetName().Name]);
        OursIn(Kubernetes).ShouldBe([Core.GetName().Name]);
    }

    /// <summary>The package is a border: a new version of it, or another client, is a matter of one folder.</summary>
    [Fact]
    public void KubernetesClient_IsKnownToOneFolder()
    {
        var package = (
            from reference in TypeReferences.Of(Kubernetes)
            where reference.To.Assembly.GetName().Name == Package
            select reference.From.Namespace).ToHashSet();
        package.ShouldContain("UserProxy.Kubernetes.Client");
        package.ShouldAllBe(from => $"{from}.".StartsWith("UserProxy.Kubernetes.Client.", StringComparison.Ordinal));
        new[] { Core, Linux, App }.ShouldAllBe(assembly => assembly.GetReferencedAssemblies().All(name => name.Name != Package));
    }

    /// <summary>The records and what decodes them know nothing of who asks for them, nor of what is made of them.</summary>
    [Fact]
    public void Objects_KnowNeitherClientNorBuilder() =>
        new LayerRule("UserProxy.Kubernetes.Objects", ["UserProxy.Kubernetes.Client", "UserProxy.Kubernetes.Building", "System.Net.Http"])
            .Violations(TypeReferences.Of(Kubernetes)).ShouldBeEmpty();

    [Theory]
    [InlineData("System.Net.Http")]
    [InlineData("System.Text.Json")]
    [InlineData("YamlDotNet")]
    public void Core_DoesNotReference(string assembly) => Core.GetReferencedAssemblies().Select(name => name.Name).ShouldNotContain(assembly);

    /// <summary>Whoever looks an event up by its number must find one: two of these classes may log under one category.</summary>
    [Fact]
    public void LogEvents_Ids_AreUniqueOverAllProjects() =>
        new[] { Core, Linux, Kubernetes, App }
            .SelectMany(assembly => assembly.GetTypes())
            .SelectMany(
                type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(method => (Method: $"{method.DeclaringType!.Name}.{method.Name}", Id: method.GetCustomAttribute<LoggerMessageAttribute>()?.EventId))
            .Where(found => found.Id is not null)
            .GroupBy(found => found.Id, found => found.Method)
            .Where(same => same.Count() > 1)
            .Select(same => $"{same.Key}: {string.Join(", ", same)}")
            .ShouldBeEmpty();

    [Fact]
    public void UnsafeCode_IsAllowedInLinuxOnly() =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Where(project => File.ReadAllText(project).Contains("<AllowUnsafeBlocks>true", StringComparison.Ordinal))
            .Select(Path.GetFileName)
            .ShouldBe(["UserProxy.Linux.csproj"]);

    [Fact]
    public void Core_References_AreSeenAtAll()
    {
        CoreReferences.Value.ShouldContain((typeof(Proxier), typeof(Model.ServiceTable)));
        CoreReferences.Value.Count.ShouldBeGreaterThan(100);
    }

    [Theory]
    [InlineData(typeof(Lower.UsesInBody))]
    [InlineData(typeof(Lower.UsesInAsyncBody))]
    [InlineData(typeof(Lower.UsesInField))]
    [InlineData(typeof(Lower.UsesAsGenericArgument))]
    [InlineData(typeof(Lower.UsesInTypeof))]
    public void LayerRule_KnownViolation_IsFound(Type violator)
    {
        var rule = new LayerRule(typeof(Lower.UsesInBody).Namespace!, [typeof(Upper.Thing).Namespace!]);

        rule.Violations(TypeReferences.Of(GetType().Assembly)).ShouldContain($"{violator.FullName} uses {typeof(Upper.Thing).FullName}");
    }

    [Fact]
    public void LayerRule_ExceptedType_IsNot() =>
        new LayerRule(typeof(Lower.UsesInBody).Namespace!, [typeof(Upper.Thing).Namespace!], typeof(Upper.Thing).FullName!)
            .Violations(TypeReferences.Of(GetType().Assembly)).ShouldBeEmpty();

    private static IEnumerable<string> OursIn(Assembly assembly)
    {
        string[] ours = [.. new[] { Core, Linux, Kubernetes, App }.Select(own => own.GetName().Name!)];
        return assembly.GetReferencedAssemblies().Select(name => name.Name!).Where(name => ours.Contains(name, StringComparer.OrdinalIgnoreCase));
    }
}
