using System.Net.Sockets;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// The <c>loadBalancerSourceRanges</c> of a Service, split by family as kube-proxy does: a family without a range is open to everyone. An entry that cannot be
/// read, which the API server would have refused, does not open it: then the load balancer's addresses of that family are not served.
/// </summary>
internal sealed class SourceRanges
{
    private readonly List<CidrBlock> _blocks = [];
    private bool _anyUnreadable;

    public static SourceRanges Read(ServiceObject service, SubjectIssues issues)
    {
        var ranges = new SourceRanges();
        foreach (string text in service.Spec?.LoadBalancerSourceRanges ?? [])
        {
            if (CidrBlock.TryParse((text ?? "").Trim(), out var block))
            {
                ranges._blocks.Add(block);
                continue;
            }

            ranges._anyUnreadable = true;
            string message = $"loadBalancerSourceRanges: {PrintableText.Quote(text)} is no block of addresses; it lets nobody in";
            issues.Add(IssueReasons.InvalidSourceRange, message, service.Metadata.Source);
        }

        return ranges;
    }

    public ValueList<CidrBlock> Of(AddressFamily family) => [.. _blocks.Where(block => block.Family == family)];

    public bool IsClosed(AddressFamily family) => _anyUnreadable && !_blocks.Exists(block => block.Family == family);
}
