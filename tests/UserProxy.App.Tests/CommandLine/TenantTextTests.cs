
using UserProxy.App.CommandLine;
using UserProxy.App.Connections;
using UserProxy.App.Explain;
using UserProxy.App.Inspect.All;
using UserProxy.App.List;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Status;
using UserProxy.App.Top;
using UserProxy.App.Verify;

namespace UserProxy.App.Tests.CommandLine;

/// <summary>What tenants may write must not steer the terminal of whoever looks, nor begin lines of its own.</summary>
public sealed class TenantTextTests
{
    private const string Evil = "\u001b]0;owned\u0007\u001b[2J\r\nreal\u202e";
    private const string Escaped = "\\u{1b}]0;owned\\u{7}\\u{1b}[2J\\u{d}\\u{a}real\\u{202e}";

    private static ServiceItem Service => Samples.Services.Services.First(service => service.Endpoints.Any() && service.Listeners.Any()) is var service
        ? service with
        {
            Scheduler = Evil,
            Listeners = [.. service.Listeners.Select(listener => listener with { Reason = Evil })],
            Endpoints = [.. service.Endpoints.Select(endpoint => endpoint with { Zone = Evil, NodeName = Evil })],
        }
        : throw new InvalidOperationException();

    public static TheoryData<string> Outputs => [.. Printers.Keys];

    private static readonly Dictionary<string, Action<TextWriter>> Printers = new()
    {
        ["list"] = output => ServiceTables.Listeners([Service], wide: true).Write(output),
        ["stats"] = output => ServiceTables.Endpoints([Service], wide: true, Samples.Now).Write(output),
        ["ipvs"] = output => IpvsListing.Write(output, [Service], IpvsColumns.Weights),
        ["top"] = output =>
        {
            var glance = Samples.Glance with
            {
                Status = Samples.Glance.Status with { Node = Evil, Source = Evil },
                Services = [.. Samples.Glance.Services.Select(item => item with { Name = Evil, State = Evil })],
                Chosen = Service,
            };
            foreach (string line in new TopFrame(Screen.None, 24, null).Draw(new TopState { Open = Evil }, glance, trouble: null)) output.WriteLine(line);
        },
        ["connections"] = output => ConnectionTable.Of(Samples.Connections.Connections.Select(connection => connection with { State = Evil })).Write(output),
        ["verify"] = output => new VerifyText(output).Write(Samples.Verified with
        {
            Steps = [new(1, "service", "Service exists", Finding.Failed(Evil, Evil, Evil))],
        }),
        ["explain"] = output => ExplanationText.Write(output, Samples.Explanation with
        {
            Ports = [.. Samples.Explanation.Ports.Select(port => port with { Endpoints = [new(Evil, false, Evil)], NextSteps = [Evil] })],
            Issues = [new IssueItem(Evil, Evil, Evil)],
            SourceTrouble = new SourceTroubleItem(Evil, Evil, null, null),
        }, Samples.Now),
        ["status"] = output => new StatusText(output, Screen.None).Write(
            Samples.StatusRefused with
            {
                Node = Evil,
                Source = Evil,
                Issues = [new IssueItem(Evil, Evil, Evil)],
                FailedListeners = [new FailedListenerItem(Evil, Evil, Evil, Evil, Evil, 1, Evil)],
                Followed = [new FollowedItem { Resource = Evil, Trouble = Evil, Failure = Evil }],
            },
            Samples.Now),
        ["inspect --all"] = output => new NodeText(output, Screen.None).Write(Samples.NodeLater with
        {
            Node = Evil,
            Findings = [new NodeFinding(Evil, Evil, [Evil, Evil])],
            Changes = new ChangesItem(Samples.Now, [new ChangeItem(Evil, Evil, Evil)]),
            Listening =
            [
                .. Samples.NodeLater.Listening.Select(item => item with
                {
                    Services = [new ServiceAddressItem(Evil, Evil, Evil, Evil)],
                    Sockets = [.. item.Sockets.Select(socket => socket with { Owners = [new OwnerItem(1, Evil, 0, Evil, 1, null, false)] })],
                }),
            ],
            Sums = new SumsItem([new SumItem(Evil, 1, 1, 1, 1, 1, 1)], [new SumItem(Evil, 1, 1, 1, 1, 1, 1)], []),
            Unseen = [Evil],
            ServicesFrom = Evil,
        }),
    };

    [Theory]
    [MemberData(nameof(Outputs))]
    public void Printed_ControlCharacters_AreEscaped(string name)
    {
        var output = new StringWriter { NewLine = "\n" };
        Printers[name](output);

        string text = output.ToString();
        text.ShouldContain(Escaped);
        text.Where(letter => letter != '\n' && (char.IsControl(letter) || letter == '\u202e')).ShouldBeEmpty();
        text.Split('\n').ShouldNotContain(line => line.StartsWith("real", StringComparison.Ordinal));
    }

    [Fact]
    public void AdminException_Message_IsEscaped() => new AdminException(Evil, ExitCode.Failed).Message.ShouldBe(Escaped);
}
