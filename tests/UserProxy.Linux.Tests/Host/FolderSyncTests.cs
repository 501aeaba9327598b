using UserProxy.Linux.Host;

namespace UserProxy.Linux.Tests.Host;

public sealed class FolderSyncTests
{
    [Fact]
    public void ToDisk_Folder_IsTaken()
    {
        string folder = Directory.CreateTempSubdirectory("userproxy-test-").FullName;
        FolderSync.ToDisk(folder);
        Directory.Delete(folder);
    }

    [Fact]
    public void ToDisk_NoFolder_SaysWhich() =>
        Should.Throw<IOException>(() => FolderSync.ToDisk("/nowhere/at/all")).Message.ShouldBe("the folder /nowhere/at/all cannot be opened (errno 2)");

    [Fact]
    public void OfThisProcess_IsWhoseNewFilesAre()
    {
        string path = Path.GetTempFileName();
        FileOwner.OfThisProcess.ShouldBe(FileOwner.Of(path)!.Value);
        File.Delete(path);
    }
}
