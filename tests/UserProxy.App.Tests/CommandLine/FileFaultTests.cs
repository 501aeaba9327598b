using UserProxy.App.CommandLine;

namespace UserProxy.App.Tests.CommandLine;

/// <summary>What cannot be read or written is said in our words: a sentence of the runtime names types, and no next step.</summary>
public sealed class FileFaultTests : IDisposable
{
    /// <summary>As .NET says it.</summary>
    private static readonly string[] OfTheRuntime =
        ["Could not find", "Access to the path", "BytePositionInLine", "Exception", "Stream was", "LineNumber", "The JSON value", "Invalid argument"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("check {missing}", "there is no such file")]
    [InlineData("check {missing}/a.yaml", "there is no folder {missing}")]
    [InlineData("run --config {folder}", "it is a folder, not a file")]
    [InlineData("run --config {missing}", "there is no such file")]
    [InlineData("migrate convert --config {missing}", "there is no such file")]
    [InlineData("migrate plan --config {folder} --no-node-checks", "it is a folder, not a file")]
    [InlineData("inspect --all --diff {missing}", "there is no such file")]
    [InlineData("inspect --all --diff {folder}", "it is a folder, not a file")]
    [InlineData("inspect --all --diff {damaged}", "it is damaged, or cut off, at line 2, byte ")]
    [InlineData("sysdump {missing}/a.tgz", "{missing}/a.tgz could not be written: there is no folder {missing}; name another place: userproxy sysdump FILE")]
    [InlineData("sysdump {damaged}/a.tgz", "{damaged}/a.tgz could not be written: {damaged} is a file, and no folder; name another place")]
    [InlineData("demo --script --record {missing}/a.svg", "--record: {missing}/a.svg could not be written: there is no folder {missing}")]
    public async Task Path_ThatCannotBeUsed_IsSaidInOurWords(string line, string expected)
    {
        _folder.Write("damaged.json", "{\"apiVersion\": \"userproxy.io/v1\",\n \"kind\": \"Nod");
        var cli = new Cli();

        (await cli.RunAsync([.. line.Split(' ').Select(Filled)])).ShouldBeOneOf(ExitCode.BadUsage, ExitCode.Failed);

        string said = cli.Out.ToString() + cli.Error;
        said.ShouldContain(Filled(expected));
        foreach (string words in OfTheRuntime) said.ShouldNotContain(words);
    }

    /// <summary>As somebody mistypes them; each command that asks a socket.</summary>
    [Theory]
    [InlineData("list --admin-socket {missing}", "there is no such socket. Is one running (userproxy run)?")]
    [InlineData("list --admin-socket {folder}", "it is a folder, not a socket")]
    [InlineData("list --admin-socket {damaged}", "it is a file, no socket")]
    [InlineData("list --admin-socket {damaged}/a.sock", "there is no such socket. Is one running (userproxy run)?")]
    [InlineData("status --admin-socket {run}", "it is a folder, not a socket; there is {run}/admin.sock")]
    [InlineData(
        "probe --probe-socket {missing}", "no userproxy answers at {missing}: there is no such socket. Is the run up, and was it given this --probe-socket?")]
    [InlineData("probe --probe-socket {folder}", "it is a folder, not a socket")]
    [InlineData("probe --probe-socket {damaged}", "it is a file, no socket")]
    [InlineData("probe --probe-socket {long}", "a socket's path has at most 107 bytes")]
    [InlineData("list --admin-socket {long}", "a socket's path has at most 107 bytes")]
    public async Task Socket_ThatNobodyAnswersAt_IsSaidInOurWords(string line, string expected)
    {
        _folder.Write("damaged.json", "no socket");
        Directory.CreateDirectory(Filled("{run}"));
        _folder.Write("run/admin.sock", "");
        var cli = new Cli();

        (await cli.RunAsync([.. line.Split(' ').Select(Filled)])).ShouldBe(ExitCode.Unreachable);

        string said = cli.Error.ToString();
        said.ShouldContain(Filled(expected));
        foreach (string words in (string[])[.. OfTheRuntime, "Connection refused", "No such file", "Not a directory"]) said.ShouldNotContain(words);
    }

    [Theory]
    [InlineData(28, "no space is left on the device")]
    [InlineData(30, "the file system is read-only")]
    [InlineData(24, "this process has too many files open")]
    public void Errno_IsSaidInOurWords(int errno, string expected)
    {
        FileFault.Of(new IOException("The runtime's own words.", errno), "/nowhere/x").ShouldBe(expected);
        FileFault.OfOutput(new IOException("The runtime's own words.", errno)).ShouldBe($"what was to be written could not be: {expected}");
    }

    [Fact]
    public void Unauthorized_NamesWhatToLookAt() =>
        FileFault.Of(new UnauthorizedAccessException("Access to the path is denied."), "/nowhere/x").ShouldStartWith("this user may not (look at its owner");

    private string Filled(string text) => text.Replace("{missing}", Path.Combine(_folder.Path, "missing"), StringComparison.Ordinal)
        .Replace("{folder}", _folder.Path, StringComparison.Ordinal)
        .Replace("{run}", Path.Combine(_folder.Path, "run"), StringComparison.Ordinal)
        .Replace("{long}", Path.Combine(_folder.Path, new string('s', 120)), StringComparison.Ordinal)
        .Replace("{damaged}", Path.Combine(_folder.Path, "damaged.json"), StringComparison.Ordinal);
}
