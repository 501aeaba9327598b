namespace UserProxy.App.Configuration;

/// <summary>What a <c>run</c> does about another one that serves this node already: the values of <c>--takeover</c>.</summary>
internal enum TakeoverChoice
{
    /// <summary>Takes over from it; ends when it cannot be taken over from.</summary>
    Try,

    /// <summary>The same; when it cannot be taken over from, waits until it has ended.</summary>
    Wait,

    /// <summary>The same; when it cannot be taken over from, asks it to end by SIGTERM, and waits until it has.</summary>
    Force,

    /// <summary>Ends, and hands nothing over itself.</summary>
    Off,
}
