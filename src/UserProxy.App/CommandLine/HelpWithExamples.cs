using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace UserProxy.App.CommandLine;

/// <summary>The library's help, followed by the command's examples: the part that people read first.</summary>
/// <param name="help">The library's.</param>
/// <param name="examples">Of the program itself.</param>
internal sealed class HelpWithExamples(HelpAction help, string examples) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        output.WriteLine(parseResult.CommandResult.Command is DocumentedCommand command ? command.Examples : examples);
        output.WriteLine();
        return code;
    }
}
