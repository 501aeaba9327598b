namespace UserProxy;

/// <summary>
/// What the system says of a file, in words for whoever named it: the runtime's sentences name types and arguments, or leave out what to do. Used wherever a
/// path comes from a person.
/// </summary>
public static class FileFault
{
    /// <summary>errno(3) of Linux, which the runtime hands on in HResult.</summary>
    private const int InputOutput = 5, IsFolder = 21, TooManyOpen = 24, NoSpace = 28, ReadOnly = 30, TooManyLinks = 40, OverQuota = 122;

    /// <param name="fault">Met while a file was opened, read or written.</param>
    /// <param name="path">The file.</param>
    public static string Of(Exception fault, string path) => fault switch
    {
        IOException when path.Length > 0 && Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && File.Exists(folder) =>
            $"{folder} is a file, and no folder",
        FileNotFoundException => "there is no such file",
        DirectoryNotFoundException => $"there is no folder {Path.GetDirectoryName(Path.GetFullPath(path))}",
        PathTooLongException => "its name is too long",
        UnauthorizedAccessException or IOException when Directory.Exists(path) => "it is a folder, not a file",
        UnauthorizedAccessException => "this user may not (look at its owner and mode: ls -l, and of its folders too)",
        _ => OfSystem(fault) ?? fault.Message.TrimEnd('.'),
    };

    /// <summary>Of output that may be a file, a pipe or a terminal.</summary>
    public static string OfOutput(IOException fault) =>
        OfSystem(fault) is { } known ? $"what was to be written could not be: {known}" : $"what was to be written could not be ({fault.Message.TrimEnd('.')})";

    private static string? OfSystem(Exception fault) => (fault.HResult & 0xFFFF) switch
    {
        InputOutput => "the device fails (EIO)",
        IsFolder => "it is a folder, not a file",
        TooManyOpen => "this process has too many files open",
        NoSpace => "no space is left on the device",
        ReadOnly => "the file system is read-only",
        TooManyLinks => "its links lead in a circle",
        OverQuota => "this user's quota is used up",
        _ => null,
    };
}
