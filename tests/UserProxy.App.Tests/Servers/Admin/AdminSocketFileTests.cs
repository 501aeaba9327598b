using System.Net.Sockets;
using UserProxy.App.Servers.Admin;

namespace UserProxy.App.Tests.Servers.Admin;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class AdminSocketFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string SocketPath => Path.Combine(_folder.Path, "sub", "admin.sock");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Bind_NewPath_IsForItsOwnerAloneAndLeavesNothingElse()
    {
        using var socket = Bind(SocketPath);

        File.GetUnixFileMode(SocketPath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(Path.GetDirectoryName(SocketPath)!).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.GetFiles(Path.GetDirectoryName(SocketPath)!).ShouldBe([SocketPath]);
    }

    [Fact]
    public void Bind_FileOfADeadProcess_IsReplaced()
    {
        // Closed without a word, as by SIGKILL: the renamed file stays.
        Bind(SocketPath).Dispose();
        File.Exists(SocketPath).ShouldBeTrue();

        using var socket = Bind(SocketPath);
        socket.Listen();

        Connects(SocketPath).ShouldBeTrue();
    }

    /// <summary>Of /proc nobody makes a file, root neither: as of a read-only file system.</summary>
    [Theory]
    [InlineData("/proc/a.sock")]
    [InlineData("/proc/sub/a.sock")]
    public void Bind_FolderTakesNoFile_SaysSoAndWhatToDo(string path)
    {
        if (!OperatingSystem.IsLinux()) return;
        string message = Should.Throw<IOException>(() => Bind(path)).Message;

        message.ShouldStartWith($"no file can be made in {Path.GetDirectoryName(path)} (");
        message.ShouldContain("give --admin-socket a path");
        message.ShouldNotContain("Unknown socket error");
    }

    /// <summary>A typing error, or a mount that has not come yet: what is made for it would hide both.</summary>
    [Fact]
    public void Bind_MoreThanItsFolderIsMissing_SaysWhich_AndMakesNone()
    {
        string missing = Path.Combine(_folder.Path, "nope");

        string message = Should.Throw<IOException>(() => Bind(Path.Combine(missing, "sub", "a.sock"))).Message;

        message.ShouldStartWith($"no file can be made in {missing}/sub (there is no folder {missing}); give --admin-socket a path");
        Directory.Exists(missing).ShouldBeFalse();
    }

    [Fact]
    public void Bind_FolderInTheRoot_IsNotMade()
    {
        string folder = $"/nope-{Guid.NewGuid():N}";

        Should.Throw<IOException>(() => Bind($"{folder}/a.sock")).Message.ShouldContain("(there is no such folder, and none is made in /)");

        Directory.Exists(folder).ShouldBeFalse();
    }

    /// <summary>Two folders, without root and XDG_RUNTIME_DIR.</summary>
    [Fact]
    public void Bind_DefaultBelowTmp_IsMade()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"userproxy-{Guid.NewGuid():N}");
        try
        {
            using var socket = Bind(Path.Combine(folder, "userproxy", "admin.sock"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Bind_TwoFoldersBelowTmp_OfAnotherName_AreNotMade()
    {
        string missing = Path.Combine(Path.GetTempPath(), $"nope-{Guid.NewGuid():N}");

        Should.Throw<IOException>(() => Bind(Path.Combine(missing, "b", "a.sock"))).Message.ShouldContain($"(there is no folder {missing})");

        Directory.Exists(missing).ShouldBeFalse();
    }

    [Fact]
    public void Bind_AnotherProcessAnswers_IsLeftAlone()
    {
        using var other = Bind(SocketPath);
        other.Listen();

        Should.Throw<IOException>(() => Bind(SocketPath)).Message.ShouldBe("another process answers on it");

        Connects(SocketPath).ShouldBeTrue();
    }

    [Theory]
    [InlineData("content", UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData("", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead)]
    public void Bind_FileThatIsNoAdminSocket_IsLeftAlone(string content, UnixFileMode mode)
    {
        string path = _folder.Write("precious", content);
        File.SetUnixFileMode(path, mode);

        Should.Throw<IOException>(() => Bind(path)).Message.ShouldContain("is not replaced");

        File.ReadAllText(path).ShouldBe(content);
    }

    [Fact]
    public void Bind_Folder_SaysSo() => Should.Throw<IOException>(() => Bind(_folder.Path)).Message.ShouldBe("it is a folder");

    [Fact]
    public void Bind_Root_SaysSo() => Should.Throw<IOException>(() => Bind("/")).Message.ShouldBe("it is a folder");

    [Fact]
    public void Remove_NobodyAnswers_TakesItAway()
    {
        Bind(SocketPath).Dispose();

        AdminSocketFile.Remove(SocketPath);
        AdminSocketFile.Remove(SocketPath);

        File.Exists(SocketPath).ShouldBeFalse();
    }

    [Fact]
    public void Remove_AnotherAnswersMeanwhile_LeavesIt()
    {
        using var other = Bind(SocketPath);
        other.Listen();

        AdminSocketFile.Remove(SocketPath);

        Connects(SocketPath).ShouldBeTrue();
    }

    private static Socket Bind(string path) => AdminSocketFile.Bind(new UnixDomainSocketEndPoint(path));

    private static bool Connects(string path)
    {
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            client.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
