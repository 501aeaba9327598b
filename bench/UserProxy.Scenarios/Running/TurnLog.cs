using System.Text;
using System.Text.Json;
using UserProxy.Scenarios.Report.Json;

namespace UserProxy.Scenarios.Running;

/// <summary>
/// What a run has measured so far: a file of JSON lines beside its report, of which the first says what run it is, and each other one is a finished round of a
/// scenario. It goes when the report is written; --resume goes on with it.
/// </summary>
internal sealed class TurnLog
{
    public const string FileName = "turns.jsonl";

    /// <summary>What a run that starts anew makes of one that was not gone on with.</summary>
    public const string AsideName = "turns.before.jsonl";

    private readonly string _file;
    private readonly List<RoundRecord> _rounds;

    private TurnLog(string file, RunHead head, List<RoundRecord> rounds) => (_file, Head, _rounds) = (file, head, rounds);

    public RunHead Head { get; }

    public IReadOnlyList<RoundRecord> Rounds => _rounds;

    public int Sittings => _rounds.Count == 0 ? 0 : _rounds[^1].Sitting;

    /// <summary>Of all sittings so far.</summary>
    public TimeSpan Elapsed => TimeSpan.FromSeconds(_rounds.Count == 0 ? 0 : _rounds[^1].Seconds);

    /// <summary>Null when there is none, or none that can be read.</summary>
    public static TurnLog? Find(string folder)
    {
        string file = Path.Combine(folder, FileName);
        if (!File.Exists(file)) return null;
        RunHead? head = null;
        var rounds = new List<RoundRecord>();
        long sound = 0;
        foreach (string line in File.ReadAllText(file).Split('\n')[..^1]) // without its end, the last line is not whole
        {
            try
            {
                if (head is null) head = JsonSerializer.Deserialize(line, TurnJson.Default.RunHead);
                else rounds.Add(JsonSerializer.Deserialize(line, TurnJson.Default.RoundRecord)!);
            }
            catch (JsonException)
            {
                break; // as a machine that fell over has left it; what comes before is sound
            }

            sound += Encoding.UTF8.GetByteCount(line) + 1;
        }

        if (head is null) return null;
        using (var whole = File.Open(file, FileMode.Open)) whole.SetLength(sound);
        return new TurnLog(file, head, rounds);
    }

    /// <summary>What an interrupted run has left there is put aside: half an hour is not thrown away for a forgotten option.</summary>
    public static TurnLog Begin(string folder, RunHead head)
    {
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, FileName);
        if (File.Exists(file)) File.Move(file, Path.Combine(folder, AsideName), overwrite: true);
        File.WriteAllText(file, JsonSerializer.Serialize(head, TurnJson.Default.RunHead) + "\n");
        return new TurnLog(file, head, []);
    }

    public RoundRecord? Finished(int round, string scenario) => _rounds.Find(record => record.Round == round && record.Scenario == scenario);

    public void Add(RoundRecord record)
    {
        _rounds.Add(record);
        File.AppendAllText(_file, JsonSerializer.Serialize(record, TurnJson.Default.RoundRecord) + "\n");
    }

    /// <summary>The report has everything.</summary>
    public void Delete() => File.Delete(_file);
}
