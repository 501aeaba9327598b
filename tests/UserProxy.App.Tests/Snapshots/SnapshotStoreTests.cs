using System.Net.Sockets;
using UserProxy.App.Snapshots;
using UserProxy.Model;

namespace UserProxy.App.Tests.Snapshots;

public sealed class SnapshotStoreTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TempFolder _temp = new();
    private readonly ServiceTable _table = new AnyModel(random: null).Table();

    private string Folder => Path.Combine(_temp.Path, "state", "deep");

    private SnapshotStore Store => new(Folder, TimeProvider.System);

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Write_NoFolder_MakesBothForTheOwnerAlone()
    {
        Store.Write(Written.Of(_table));

        Store.Read().Found!.Table.ShouldBe(_table);
        Directory.GetFiles(Folder).ShouldBe([Store.FilePath]);
        if (OperatingSystem.IsWindows()) return;
        File.GetUnixFileMode(Store.FilePath).ShouldBe(OwnerOnly);
        File.GetUnixFileMode(Folder).ShouldBe(OwnerOnly | UnixFileMode.UserExecute);
    }

    [Fact]
    public void Write_Again_TakesTheOldOnesPlace()
    {
        Store.Write(Written.Of(_table));
        Store.Write(Written.Of(ServiceTable.Empty));

        Store.Read().Found!.Table.ShouldBe(ServiceTable.Empty);
        Directory.GetFiles(Folder).ShouldBe([Store.FilePath]);
    }

    /// <summary>The write breaks off in the middle: what was there stays, and nothing else does.</summary>
    [Fact]
    public void Write_Fails_LeavesWhatWasThere()
    {
        Store.Write(Written.Of(_table));
        var poison = new ServiceTable(1, [new ServicePort { Name = default, Family = AddressFamily.InterNetwork, Settings = null! }]);

        Should.Throw<Exception>(() => Store.Write(Written.Of(poison)));

        Store.Read().Found!.Table.ShouldBe(_table);
        Directory.GetFiles(Folder).ShouldBe([Store.FilePath]);
    }

    [Fact]
    public void Write_WhatAKilledRunHasLeft_Goes_ButNotWhatMayBeAnothersAtWork()
    {
        Directory.CreateDirectory(Folder);
        string old = Path.Combine(Folder, SnapshotStore.FileName + ".old.tmp"), fresh = Path.Combine(Folder, SnapshotStore.FileName + ".new.tmp");
        File.WriteAllText(old, "half");
        File.SetLastWriteTimeUtc(old, TimeProvider.System.GetUtcNow().UtcDateTime - TimeSpan.FromMinutes(2));
        File.WriteAllText(fresh, "half");

        Store.Write(Written.Of(_table));

        Directory.GetFiles(Folder).ShouldBe([fresh, Store.FilePath], ignoreOrder: true);
    }

    [Fact]
    public void Read_Nothing_IsNeitherFoundNorRefused() => Store.Read().ShouldBe(new SnapshotReading(null, null));

    [Fact]
    public void Read_AFolderInItsPlace_IsRefused()
    {
        Directory.CreateDirectory(Store.FilePath);
        var (found, refused, _) = Store.Read();
        found.ShouldBeNull();
        refused.ShouldNotBeNull();
    }

    [Theory]
    [InlineData(UnixFileMode.GroupWrite, "620")]
    [InlineData(UnixFileMode.OtherWrite, "602")]
    [InlineData(UnixFileMode.OtherRead, "604")]
    public void Read_OthersCouldHaveWrittenIt_IsRefused(UnixFileMode more, string mode)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "modes are of Unix");
        Store.Write(Written.Of(_table));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Store.FilePath, OwnerOnly | more);

        Store.Read().Refused.ShouldBe($"its mode is {mode} and not 600: others than its owner could have written it");
    }

    [Fact]
    public void Read_FileOfAnotherUser_IsRefused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "only root can give a file away");
        Store.Write(Written.Of(_table));
        using (var chown = System.Diagnostics.Process.Start("chown", ["12345", Store.FilePath])) chown.WaitForExit();

        Store.Read().Refused.ShouldBe("it belongs to user 12345, and this is user 0");
    }

    [Fact]
    public void Read_DamagedFile_SaysWhy()
    {
        Store.Write(Written.Of(_table));
        byte[] bytes = File.ReadAllBytes(Store.FilePath);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(Store.FilePath, bytes);

        Store.Read().Refused.ShouldBe("it is damaged: its checksum is another");
    }
}
