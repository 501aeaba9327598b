using System.CommandLine;

namespace UserProxy.App.CommandLine;

/// <summary>A command with its examples, which <see cref="HelpWithExamples"/> prints: a command without them does not exist.</summary>
internal sealed class DocumentedCommand(string name, string description, string examples) : Command(name, description)
{
    public string Examples { get; } = examples;
}
