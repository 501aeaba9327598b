namespace UserProxy.App.Configuration;

/// <summary>What somebody wrote for one setting, and where: <paramref name="Origin"/> is a flag, a variable, or <c>file:line: field</c>.</summary>
internal sealed record GivenValue(string Origin, IReadOnlyList<string> Values, Func<RunOptions, IReadOnlyList<string>, RunOptions> Apply);
