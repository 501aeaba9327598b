using UserProxy.Model;

namespace UserProxy.Tests.Model;

public class ValueListTests
{
    [Fact]
    public void Equals_SameItemsSameOrder_EqualWithEqualHash()
    {
        ValueList<string> one = ["a", "b"];
        ValueList<string> other = ["a", "b"];
        (one == other).ShouldBeTrue();
        one.Equals((object)other).ShouldBeTrue();
        one.GetHashCode().ShouldBe(other.GetHashCode());
    }

    [Fact]
    public void Equals_OtherOrderItemOrLength_NotEqual()
    {
        ValueList<string> one = ["a", "b"];
        (one != ["b", "a"]).ShouldBeTrue();
        (one != ["a", "c"]).ShouldBeTrue();
        (one != ["a"]).ShouldBeTrue();
        (one != ["a", "b", "b"]).ShouldBeTrue();
        one.Equals("ab").ShouldBeFalse();
    }

    [Fact]
    public void Equals_DefaultAndEmpty_AreTheSame()
    {
        ValueList<int> empty = [];
        (default(ValueList<int>) == empty).ShouldBeTrue();
        default(ValueList<int>).Count.ShouldBe(0);
        default(ValueList<int>).GetHashCode().ShouldBe(empty.GetHashCode());
        foreach (int item in default(ValueList<int>)) throw new InvalidOperationException($"unexpected {item}");
    }

    [Fact]
    public void Create_SourceArrayChangesLater_ListDoesNot()
    {
        int[] source = [1, 2];
        ValueList<int> list = [.. source];
        source[0] = 9;
        list[0].ShouldBe(1);
    }

    [Fact]
    public void Equals_RecordsHoldingLists_CompareByContent()
    {
        Endpoint[] endpoints = [new(System.Net.IPAddress.Loopback, 80)];
        Endpoint[] same = [new(System.Net.IPAddress.Parse("127.0.0.1"), 80)];
        (new ValueList<Endpoint>(endpoints) == new ValueList<Endpoint>(same)).ShouldBeTrue();
    }
}
