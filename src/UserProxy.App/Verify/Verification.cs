using UserProxy.App.Verify.Steps;

namespace UserProxy.App.Verify;

/// <summary>The answer of <c>verify</c>, for <see cref="VerifyText"/> and <see cref="VerifyJson"/>: facts in, findings out, pure.</summary>
/// <param name="Facts">That it was judged by.</param>
/// <param name="Steps">In the order of causes: what fails in one shows in those after it.</param>
internal sealed record Verification(VerifyFacts Facts, IReadOnlyList<VerifiedStep> Steps)
{
    private static readonly Step[] All =
    [
        new("service", "Service exists", ServiceExists.Of, Needs.Nothing),
        new("selector", "selector and labels", SelectorSelects.Of, Needs.Proxied),
        new("slices", "EndpointSlices", SlicesThere.Of),
        new("ports", "port names", PortNamesMatch.Of),
        new("ready", "endpoints ready", EndpointsReady.Of),
        new("listening", "listened on here", AddressesListened.Of),
        new("shadowed", "not shadowed", NotShadowed.Of),
        new("kernel", "kernel settings", KernelAllows.Of),
        new("client", "policies for the client", ClientAllowed.Of),
        new("networkPolicy", "NetworkPolicies", PoliciesAdmit.Of),
        new("dial", "endpoints answer", EndpointsAnswer.Of),
        new("connection", "its addresses serve", AddressesServe.Of),
        new("name", "DNS name", NameResolves.Of),
    ];

    /// <summary>Why no proxy serves it, and none should; null for all others.</summary>
    public string? LeftOut { get; } = ServiceExists.WhyLeftOut(Facts);

    /// <summary>Null when none failed.</summary>
    public VerifiedStep? FirstCause => Steps.FirstOrDefault(step => step.Finding.Verdict == StepVerdict.Failed);

    public static Verification Of(VerifyFacts facts) =>
        new(facts, [.. All.Select((step, index) => new VerifiedStep(index + 1, step.Name, step.Title, Judge(step, facts)))]);

    private static Finding Judge(Step step, VerifyFacts facts) => step.Needs switch
    {
        Needs.Served when facts.Explained is null => Finding.NotAsked("the proxy serves nothing of it"),
        Needs.Proxied when ServiceExists.WhyLeftOut(facts) is not null => Finding.NotAsked("no proxy serves it"),
        _ => step.Judge(facts),
    };

    /// <summary>Without what a step has nothing to look at.</summary>
    private enum Needs
    {
        Nothing,

        /// <summary>A proxy should serve it, whether this one does or not.</summary>
        Proxied,

        /// <summary>This proxy serves it.</summary>
        Served,
    }

    /// <param name="Name">For programs.</param>
    /// <param name="Title">For people.</param>
    /// <param name="Judge">Pure.</param>
    /// <param name="Needs">Else it is not judged.</param>
    private sealed record Step(string Name, string Title, Func<VerifyFacts, Finding> Judge, Needs Needs = Needs.Served);
}

/// <summary>One step with what it found.</summary>
internal sealed record VerifiedStep(int Number, string Name, string Title, Finding Finding);
