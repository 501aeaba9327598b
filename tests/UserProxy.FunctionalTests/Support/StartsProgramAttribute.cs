using Xunit.v3;

namespace UserProxy.FunctionalTests.Support;

/// <summary>
/// On test classes that start <see cref="TestedProgram"/> as a process: <c>--filter Program=started</c> has them, which .ci/run does once more with the native
/// executable.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class StartsProgramAttribute : Attribute, ITraitAttribute
{
    public const string Name = "Program";

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new(Name, "started")];
}
