namespace UserProxy.Model;

/// <summary>The scheduling algorithms, named as in IPVS where IPVS has them; settings use the short names of <see cref="SchedulerNames"/>.</summary>
public enum SchedulerKind
{
    RoundRobin,
    WeightedRoundRobin,
    LeastConnection,
    WeightedLeastConnection,
    SourceHash,
    Maglev,
    ShortestExpectedDelay,
    NeverQueue,
    PowerOfTwoChoices,
    Random,
}
