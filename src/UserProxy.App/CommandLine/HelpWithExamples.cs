using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace UserProxy.App.CommandLine;

/// <summary>The library's help, followed by the command's examples: the part that people read first.</summary>
internal sealed class HelpWithExamples(HelpAction help, IReadOnlyDictionary<string, string> examples) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        output.WriteLine(examples[parseResult.CommandResult.Command.Name]);
        output.WriteLine();
        return code;
    }
}
