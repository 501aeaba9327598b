using System.CommandLine;
using System.Text;
using System.Text.Json;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.CommandLine;

/// <summary><c>version [-o json]</c>: which build this is.</summary>
internal static class VersionCommand
{
    private const string Examples = """
          userproxy version
          userproxy version -o json
        """;

    public static Command Create(Surroundings surroundings)
    {
        var output = AskingCommand.OutputOption("text", "json");
        var command = new DocumentedCommand("version", "Version, commit and runtime.", Examples) { output };
        command.SetAction(parse =>
        {
            surroundings.Out.WriteLine(parse.GetValue(output) == "json" ? ToJson(BuildFacts.Current) : ToText(BuildFacts.Current));
            return ExitCode.Done;
        });
        return command;
    }

    private static string ToText(BuildFacts build) => $"""
        userproxy {build.Version}
        commit    {build.Commit}
        runtime   {build.Runtime}
        platform  {build.Platform}
        """;

    private static string ToJson(BuildFacts build)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("version", build.Version);
            json.WriteString("commit", build.Commit);
            json.WriteString("runtime", build.Runtime);
            json.WriteString("platform", build.Platform);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
