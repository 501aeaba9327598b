using UserProxy.App.CommandLine;

namespace UserProxy.App.Verify.Steps;

/// <summary>Does the cluster's resolver know the Service's name, and by its present addresses?</summary>
internal static class NameResolves
{
    private const int NoSuchName = 3;

    public static Finding Of(VerifyFacts facts)
    {
        var expected = NameOfService.ClusterIPs(facts.Declared, facts.Explained!);
        if (expected.Count == 0) return Finding.NotAsked("it has no ClusterIP, and so no name that leads to one");
        if (facts.Name is not { } name) return Finding.NotAsked("no resolver of a cluster is known here (kube-system/kube-dns is not served)", "--dns IP");
        string logs = "kubectl -n kube-system logs -l k8s-app=kube-dns";
        return name.Code switch
        {
            null => Finding.CannotBeSeen($"{name.Name}: {name.Server} does not answer", "userproxy verify kube-system/kube-dns, or another one: --dns IP"),
            NoSuchName => Finding.Failed($"{name.Server} says that there is no {name.Name}", logs),
            not 0 => Finding.Failed($"{name.Server} cannot tell {name.Name} (RCODE {Shown.Number(name.Code.Value)})", logs),
            _ when expected.All(name.Addresses.Contains) => Finding.Ok($"{name.Name} is {string.Join(", ", name.Addresses)}, says {name.Server}"),
            _ => Finding.Failed(
                $"{name.Name} is {(name.Addresses.Count == 0 ? "nothing" : string.Join(", ", name.Addresses))}, says {name.Server}, and the Service has "
                    + string.Join(", ", expected), logs),
        };
    }
}
