using UserProxy.App.Configuration;

namespace UserProxy.App.Tests.Configuration;

public sealed class SettingsTests
{
    [Fact]
    public void All_ThreeNamesOfASetting_FollowFromEachOther()
    {
        foreach (var setting in Settings.All)
        {
            setting.Flag.ShouldStartWith("--");
            string[] words = setting.Flag[2..].Split('-');
            setting.Variable.ShouldBe("USERPROXY_" + string.Join('_', words).ToUpperInvariant());
            setting.Field.ShouldBe(words[0] + string.Concat(words[1..].Select(word => char.ToUpperInvariant(word[0]) + word[1..])));
        }
    }

    [Fact]
    public void All_Names_AreUnique() => Settings.All.Select(setting => setting.Flag).ShouldBeUnique();
}
