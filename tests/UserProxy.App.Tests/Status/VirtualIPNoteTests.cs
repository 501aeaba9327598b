using System.Net;
using System.Net.Sockets;
using UserProxy.App.Configuration;
using UserProxy.App.Run;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Health;
using UserProxy.App.Status;
using UserProxy.Model;
using UserProxy.Tests;

namespace UserProxy.App.Tests.Status;

/// <summary>A run that had to do without virtual IPs says so and why, and is well.</summary>
public sealed class VirtualIPNoteTests
{
    private const string Why = "another userproxy (pid 7) serves the virtual IPs of this node: stop it first";

    [Theory]
    [InlineData(Why, true, "virtual IPs are not served: " + Why)]
    [InlineData(Why, false, null)]
    [InlineData(null, true, null)]
    public void ClusterIPsAreLeftOut_IsANote(string? why, bool isOfRun, string? said)
    {
        using var run = new ProxierRun();
        var address = new ListenAddress(ListenerKind.ClusterIP, IPAddress.Parse("10.96.0.7"), 80);
        run.Apply(new ServicePort
        {
            Name = new("shop", "web", "", TransportProtocol.Tcp),
            Family = AddressFamily.InterNetwork,
            Number = 80,
            NotServed = [new UnservedAddress(address, isOfRun ? $"ClusterIPs are not served by this run ({Why})" : "it is taken by shop/first")],
        });
        var health = new NodeHealth(() => run.Proxier.View.Sync, () => 0, () => run.Proxier.Table.Node, nodeMustBeKnown: false, TimeProvider.System);
        var facts = new AdminFacts(run.Proxier, health, "node-1", "a test", "sockets", 0, TimeProvider.System) { WhyNoVirtualIPs = why };

        var issues = new StatusReader(facts).Read(run.Proxier.View.Services()).Issues.ToList();

        string[] expected = said is null ? [] : [said];
        issues.Select(issue => issue.Message).ShouldBe(expected);
        issues.ShouldAllBe(issue => issue.Subject == "Node node-1" && issue.Reason == "VirtualIPsNotServed" && StatusCommand.IsNote(issue));
    }

    [Theory]
    [InlineData(false, Why, Why)]
    [InlineData(true, null, "--cluster-ips off")]
    [InlineData(true, Why, "--cluster-ips off")]
    [InlineData(false, null, null)]
    public void BuildOptions_CarryTheReason(bool isOff, string? why, string? because)
    {
        var options = new RunOptions { NodeName = "node-1", ClusterIPs = isOff ? ClusterIPsChoice.Off : ClusterIPsChoice.Auto };

        ServiceFeed.BuildOptionsOf(options, virtualIPs: false, why).ClusterIPsOffBecause.ShouldBe(because);
    }
}
