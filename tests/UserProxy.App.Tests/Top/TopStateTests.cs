using UserProxy.App.Servers.Glance;
using UserProxy.App.Tests.CommandLine;
using UserProxy.App.Top;

namespace UserProxy.App.Tests.Top;

public sealed class TopStateTests
{
    private const string Web = "shop/web:http/TCP/IPv4";

    /// <summary>A hundred Services, of which three are known, and ten lines for them.</summary>
    private static readonly TopView View = new(Samples.Glance with { Matching = 100 }, Rows: 10);

    [Theory]
    [InlineData("j j k", 1, 0)]
    [InlineData("Down Down Up Up Up", 0, 0)]
    [InlineData("PageDown", 10, 1)]
    [InlineData("PageDown PageDown PageUp", 10, 10)]
    [InlineData("End", 99, 90)]
    [InlineData("G k", 98, 90)]
    [InlineData("G g", 0, 0)]
    [InlineData("G Home", 0, 0)]
    public void Moving_KeepsTheLineOnTheScreen(string keys, int cursor, int first)
    {
        var state = After(keys);

        (state.Cursor, state.First).ShouldBe((cursor, first));
    }

    [Fact]
    public void FewerServices_TheCursorComesBack()
    {
        var state = After("G").Within(View with { Answer = Samples.Glance });

        (state.Cursor, state.First).ShouldBe((2, 0));
    }

    [Theory]
    [InlineData(">", "rate", false)]
    [InlineData("<", "state", false)]
    [InlineData("N <", "total", false)]
    [InlineData("B >", "name", false)]
    [InlineData("r", "active", true)]
    [InlineData("r r", "active", false)]
    [InlineData("r F", "failures", false)]
    public void Sorting_GoesAlongTheColumns(string keys, string sort, bool reverse)
    {
        var state = After(keys);

        (state.Sort, state.Reverse).ShouldBe((sort, reverse));
        GlanceQuery.Sorts.ShouldContain(sort);
    }

    [Theory]
    [InlineData("/ w e b", "web", true)]
    [InlineData("/ w e b Enter", "web", false)]
    [InlineData("/ w q Backspace", "w", true)]
    [InlineData("/ w Backspace Backspace", "", false)]
    [InlineData("/ w Escape", "", false)]
    [InlineData("/ w Enter Escape", "", false)]
    public void Searching_TakesEachLetter(string keys, string filter, bool types)
    {
        var state = After(keys);

        (state.Filter, state.Types, state.Quits).ShouldBe((filter, types, false));
    }

    [Fact]
    public void Enter_OpensAndCloses()
    {
        After("j Enter").Open.ShouldBe(Web);
        After("j Enter Enter").Open.ShouldBeNull();
        After("j e Escape").Open.ShouldBeNull();
        After("j Enter j Enter").Open.ShouldNotBe(Web);
        After("G Enter").Open.ShouldBeNull("nobody knows yet which it is");
    }

    [Theory]
    [InlineData("q", true)]
    [InlineData("F10", true)]
    [InlineData("? q", true)]
    [InlineData("? j", false)]
    [InlineData("x", false)]
    public void Quitting(string keys, bool quits)
    {
        var state = After(keys);

        (state.Quits, state.ShowsHelp).ShouldBe((quits, false));
    }

    [Fact]
    public void Pause_AsksNothingByItself()
    {
        var paused = After("p");

        paused.Paused.ShouldBeTrue();
        paused.AsksElse(new TopState()).ShouldBeFalse();
        After("p p").AsksElse(paused).ShouldBeTrue("it goes on at once");
        After("p G").AsksElse(paused).ShouldBeTrue("those lines are not known");
    }

    private static TopState After(string keys) => keys.Split(' ').Aggregate(new TopState(), (state, key) => state.After(KeyOf(key), View));

    private static ConsoleKeyInfo KeyOf(string key) => key switch
    {
        [var letter] => new(letter, ConsoleKey.None, shift: false, alt: false, control: false),
        "Up" => Named(ConsoleKey.UpArrow),
        "Down" => Named(ConsoleKey.DownArrow),
        "Enter" => new('\r', ConsoleKey.Enter, false, false, false),
        "Escape" => new('\e', ConsoleKey.Escape, false, false, false),
        "Backspace" => new('\b', ConsoleKey.Backspace, false, false, false),
        _ => Named(Enum.Parse<ConsoleKey>(key)),
    };

    private static ConsoleKeyInfo Named(ConsoleKey key) => new('\0', key, shift: false, alt: false, control: false);
}
