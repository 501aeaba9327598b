namespace UserProxy.App.Demo;

/// <summary>The requests of one stage of the script, counted by who answered.</summary>
internal sealed class DemoPhase(string name)
{
    private readonly Dictionary<string, int> _answers = new(StringComparer.Ordinal);

    public string Name { get; } = name;

    public int Requests { get; private set; }

    public int Failed { get; private set; }

    /// <summary>How many different backends have answered.</summary>
    public int Answered => _answers.Count;

    public int AnswersOf(string backend) => _answers.GetValueOrDefault(backend);

    public void Count(string backend)
    {
        Requests++;
        _answers[backend] = AnswersOf(backend) + 1;
    }

    public void CountFailure()
    {
        Requests++;
        Failed++;
    }
}
