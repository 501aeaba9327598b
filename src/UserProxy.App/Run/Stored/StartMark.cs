using System.Globalization;

namespace UserProxy.App.Run.Stored;

/// <summary>
/// How often processes have begun since somebody accepted from what is kept, and since when: the name of a descriptor that is kept beside it.
/// </summary>
/// <param name="Starts">At least one.</param>
/// <param name="Since">Seconds of the system's monotonic clock, at the first of them.</param>
internal readonly record struct StartMark(int Starts, long Since)
{
    private const string Prefix = "start-";

    /// <summary>A name that systemd takes: no colon, and unlike those of sockets.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Starts}-{Since}");

    public static StartMark? Parse(string name)
    {
        if (!name.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        string[] words = name[Prefix.Length..].Split('-');
        return words.Length == 2 && int.TryParse(words[0], CultureInfo.InvariantCulture, out int starts)
            && long.TryParse(words[1], CultureInfo.InvariantCulture, out long since) ? new StartMark(starts, since) : null;
    }
}
