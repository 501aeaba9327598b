using UserProxy.App.Servers.Glance;

namespace UserProxy.App.Top;

/// <summary>
/// What somebody has chosen to see in <c>top</c>, and what each key makes of it: those of htop and hatop where they have one. Nothing is drawn or asked here.
/// </summary>
internal sealed record TopState
{
    /// <summary>In the order of the columns: &lt; and &gt; go along it.</summary>
    private static readonly string[] SortsByColumn = ["name", "state", "active", "rate", "failures", "in", "out", "p99", "queue", "total"];

    private const int LongestFilter = 100;

    public string Sort { get; init; } = "active";

    public bool Reverse { get; init; }

    /// <summary>Words that are searched for.</summary>
    public string Filter { get; init; } = "";

    /// <summary>A filter is being typed; each letter of it counts at once.</summary>
    public bool Types { get; init; }

    /// <summary>The chosen line, counted over all Services that fit.</summary>
    public int Cursor { get; init; }

    /// <summary>The first line on the screen.</summary>
    public int First { get; init; }

    public bool Paused { get; init; }

    /// <summary>The Service whose endpoints are shown, by its id.</summary>
    public string? Open { get; init; }

    public bool ShowsHelp { get; init; }

    public bool Quits { get; init; }

    /// <summary>Another answer is needed to show it.</summary>
    public bool AsksElse(TopState before) =>
        Sort != before.Sort || Reverse != before.Reverse || Filter != before.Filter || First != before.First || Open != before.Open
            || (before.Paused && !Paused);

    public TopState After(ConsoleKeyInfo key, TopView view)
    {
        if (ShowsHelp) return this with { ShowsHelp = false, Quits = key.KeyChar == 'q' || key.Key == ConsoleKey.F10 };
        if (Types) return Typing(key);
        return key.Key switch
        {
            ConsoleKey.UpArrow => Move(Cursor - 1, view),
            ConsoleKey.DownArrow => Move(Cursor + 1, view),
            ConsoleKey.PageUp => Move(Cursor - view.Rows, view),
            ConsoleKey.PageDown => Move(Cursor + view.Rows, view),
            ConsoleKey.Home => Move(0, view),
            ConsoleKey.End => Move(int.MaxValue, view),
            ConsoleKey.Enter => Toggle(view),
            ConsoleKey.Escape => Open is not null ? this with { Open = null } : this with { Filter = "", Cursor = 0, First = 0 },
            ConsoleKey.F1 => this with { ShowsHelp = true },
            ConsoleKey.F3 or ConsoleKey.F4 => this with { Types = true },
            ConsoleKey.F6 => SortBy(Step(1)),
            ConsoleKey.F10 => this with { Quits = true },
            _ => Letter(key.KeyChar, view),
        };
    }

    /// <summary>Where the lines have become fewer: the cursor stays on one, and the screen is full.</summary>
    public TopState Within(TopView view) => Move(Cursor, view);

    private TopState Letter(char letter, TopView view) => letter switch
    {
        'q' => this with { Quits = true },
        '?' or 'h' => this with { ShowsHelp = true },
        '/' => this with { Types = true },
        'j' => Move(Cursor + 1, view),
        'k' => Move(Cursor - 1, view),
        'g' => Move(0, view),
        'G' => Move(int.MaxValue, view),
        'e' => Toggle(view),
        'p' or ' ' or 'Z' => this with { Paused = !Paused },
        '>' or '.' => SortBy(Step(1)),
        '<' or ',' => SortBy(Step(-1)),
        'r' or 'I' => this with { Reverse = !Reverse, Cursor = 0, First = 0 },
        'N' => SortBy("name"),
        'S' => SortBy("state"),
        'A' => SortBy("active"),
        'C' => SortBy("rate"),
        'F' => SortBy("failures"),
        'B' => SortBy("bytes"),
        'P' => SortBy("p99"),
        _ => this,
    };

    private TopState Typing(ConsoleKeyInfo key) => key.Key switch
    {
        ConsoleKey.Enter => this with { Types = false },
        ConsoleKey.Escape => this with { Types = false, Filter = "", Cursor = 0, First = 0 },
        ConsoleKey.Backspace when Filter.Length == 0 => this with { Types = false },
        ConsoleKey.Backspace => this with { Filter = Filter[..^1], Cursor = 0, First = 0 },
        _ when char.IsControl(key.KeyChar) || Filter.Length == LongestFilter => this,
        _ => this with { Filter = Filter + key.KeyChar, Cursor = 0, First = 0 },
    };

    private TopState Move(int to, TopView view)
    {
        int cursor = Math.Clamp(to, 0, Math.Max(0, view.Answer.Matching - 1));
        int most = Math.Max(0, view.Answer.Matching - view.Rows);
        int first = cursor < First ? cursor : cursor >= First + view.Rows ? cursor - view.Rows + 1 : First;
        return this with { Cursor = cursor, First = Math.Clamp(first, 0, most) };
    }

    private TopState Toggle(TopView view) =>
        view.At(Cursor) is not { } item ? this : this with { Open = Open == item.Id ? null : item.Id };

    private TopState SortBy(string sort) =>
        GlanceQuery.Sorts.Contains(sort) ? this with { Sort = sort, Reverse = false, Cursor = 0, First = 0 } : this;

    private string Step(int by)
    {
        int now = Array.IndexOf(SortsByColumn, Sort);
        return now < 0 ? SortsByColumn[0] : SortsByColumn[(now + by + SortsByColumn.Length) % SortsByColumn.Length];
    }
}
