using System.Text.RegularExpressions;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// Keeps the chains of packets, with all their rules and the sets that these name, from what nft(8) and iptables-save(8) print: a rule may drop a port that it
/// does not name, and one of NAT may set the mark that another drops by. Reads line by line, in bounded size. Pure; used by <see cref="RuleSearch"/>.
/// </summary>
internal sealed partial class FilterChains(string source)
{
    // kube-proxy has tens of thousands, in chains that are jumped to.
    private const int MostRules = 2000;

    // Of one table.
    private const int MostChains = 4096;

    private readonly List<Draft> _drafts = [];
    private readonly Dictionary<string, Draft> _ofTable = [];
    private Dictionary<string, SetLines> _sets = [];
    private SetLines? _set;
    private string _table = "";

    /// <summary>What the table holds decides nothing: it sleeps.</summary>
    private bool _isOut;

    /// <summary>The table has more chains than are kept.</summary>
    private bool _isCut;
    private int _jumpedTo;
    private Draft? _open;

    /// <summary>Those of tables that sleep decide nothing.</summary>
    public IEnumerable<FilterChain> Chains =>
        from table in _drafts.Where(draft => !draft.IsOut).GroupBy(draft => draft.Sets)
        let sets = table.Key.ToDictionary(set => set.Key, set => set.Value.ToSet())
        from draft in table
        select new FilterChain(source, draft.Table, draft.Name)
        {
            Hook = draft.Hook,
            Priority = draft.Priority,
            IsOfNat = draft.IsOfNat,
            DropsTheRest = draft.DropsTheRest,
            Rules = draft.Rules,
            IsCut = draft.IsCut,
            Sets = sets,
        };

    public void Read(string line)
    {
        string text = line.Trim();
        if (text.StartsWith('*')) Begin(text[1..]);
        else if (text.StartsWith("table ", StringComparison.Ordinal)) Begin(text[6..].Split('{', 2)[0].Trim());
        else if (_open is null && IsDormant(text)) Sleep();
        else if (Declared().Match(text) is { Success: true } declared) Declare(declared.Groups["name"].Value, declared.Groups["policy"].Value);
        else if (Appended().Match(text) is { Success: true } rule) Add(_ofTable.GetValueOrDefault(rule.Groups["chain"].Value), text);
        else if (NftChain().Match(text) is { Success: true } chain) _open = Of(chain.Groups["name"].Value);
        else if (NftSet().Match(text) is { Success: true } set) Open(set.Groups["name"].Value);
        else if (text == "}" || NftOther().IsMatch(text)) (_open, _set) = (null, null);
        else if (_set is not null) _set.Read(text);
        else if (NftBase().Match(text) is { Success: true } type && _open is not null) Hang(_open, type, text);
        else if (_open is not null && text.Length > 0) Add(_open, text);
    }

    /// <summary><c>flags dormant</c> of a table of nft: it is kept, and the kernel calls none of its chains.</summary>
    public static bool IsDormant(string text) =>
        text.StartsWith("flags ", StringComparison.Ordinal) && text.Contains("dormant", StringComparison.Ordinal);

    /// <summary>The tool has not said all: what a chain does not hold may have been to come.</summary>
    public void Cut()
    {
        foreach (var draft in _drafts) draft.IsCut = true;
    }

    private void Begin(string table)
    {
        (_table, _isOut, _isCut, _jumpedTo, _open, _set, _sets) = (table, false, false, 0, null, null, []);
        _ofTable.Clear();
    }

    private void Open(string set)
    {
        (_open, _set) = (null, new SetLines());
        _sets[set] = _set;
    }

    private void Sleep()
    {
        _isOut = true;
        foreach (var draft in _ofTable.Values) draft.IsOut = true;
    }

    /// <summary>The hooks' own chains have a policy, others a dash.</summary>
    private void Declare(string name, string policy)
    {
        var draft = Of(name);
        if (policy == "-") return;
        Keep(draft);
        (draft.Hook, draft.DropsTheRest, draft.IsOfNat) = (name.ToLowerInvariant(), policy == "DROP", _table == "nat");
        draft.Priority = ChainPriority.Of(_table, draft.Hook);
    }

    private void Hang(Draft draft, Match type, string text)
    {
        Keep(draft);
        draft.Hook = type.Groups["hook"].Value;
        draft.IsOfNat = type.Groups["type"].ValueSpan.Equals("nat", StringComparison.Ordinal);
        draft.Priority = ChainPriority.Read(type.Groups["priority"].Value);
        draft.DropsTheRest = text.Contains("policy drop", StringComparison.Ordinal);
    }

    private Draft Of(string name)
    {
        var draft = new Draft(_table, name, _sets) { IsOut = _isOut, IsCut = _isCut };
        _ofTable[name] = draft;
        if (_isOut) return draft;
        if (_ofTable.Count <= MostChains)
        {
            Keep(draft);
        }
        else if (!_isCut)
        {
            // A jump may lead to one that is not kept.
            _isCut = true;
            foreach (var other in _ofTable.Values) other.IsCut = true;
        }

        return draft;
    }

    /// <summary>Those that the kernel calls are few, and are kept however many there are.</summary>
    private void Keep(Draft draft)
    {
        if (draft.IsKept) return;
        draft.IsKept = true;
        _drafts.Add(draft);
    }

    private void Add(Draft? draft, string rule)
    {
        if (draft is null || draft.IsOut || !draft.IsKept) return;
        if (draft.Rules.Count >= MostRules || (draft.Hook is null && ++_jumpedTo > MostRules))
        {
            draft.IsCut = true;
            return;
        }

        // However long: what the tools list is bounded.
        draft.Rules.Add(rule);
    }

    private sealed class Draft(string table, string name, Dictionary<string, SetLines> sets)
    {
        public Dictionary<string, SetLines> Sets { get; } = sets;

        public int Priority { get; set; }

        public bool IsOfNat { get; set; }

        public string Table { get; } = table;

        public string Name { get; } = name;

        public string? Hook { get; set; }

        public bool DropsTheRest { get; set; }

        public bool IsOut { get; set; }

        public bool IsKept { get; set; }

        public bool IsCut { get; set; }

        public List<string> Rules { get; } = [];
    }

    /// <summary><c>:INPUT DROP [0:0]</c></summary>
    [GeneratedRegex(@"^:(?<name>\S+) (?<policy>\S+) \[")]
    private static partial Regex Declared();

    /// <summary><c>-A INPUT ...</c></summary>
    [GeneratedRegex(@"^-A (?<chain>\S+) ")]
    private static partial Regex Appended();

    [GeneratedRegex(@"^chain (?<name>\S+) \{")]
    private static partial Regex NftChain();

    [GeneratedRegex(@"^(?:map|set) (?<name>\S+) \{$")]
    private static partial Regex NftSet();

    /// <summary>What else a table holds.</summary>
    [GeneratedRegex(@"^(flowtable|counter|quota|limit|secmark|synproxy|ct \w+) \S+ \{$")]
    private static partial Regex NftOther();

    /// <summary><c>type filter hook input priority filter; policy accept;</c></summary>
    [GeneratedRegex(@"^type (?<type>\w+) hook (?<hook>\w+)(?:.* priority (?<priority>[^;]+))?")]
    private static partial Regex NftBase();
}
