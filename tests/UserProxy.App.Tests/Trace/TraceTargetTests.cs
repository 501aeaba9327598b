using UserProxy.App.Trace;

namespace UserProxy.App.Tests.Trace;

public sealed class TraceTargetTests
{
    [Theory]
    [InlineData(null, null, null, null)]
    [InlineData("", null, null, null)]
    [InlineData("default/web", "default/web", null, null)]
    [InlineData("default/web:80", "default/web:80", null, null)]
    [InlineData("web", "web", null, null)]
    [InlineData("web:80", "web:80", null, null)]
    [InlineData("192.0.2.7", null, "192.0.2.7", null)]
    [InlineData("192.0.2.7:51234", null, "192.0.2.7", 51234)]
    [InlineData("192.0.2.0/24", null, "192.0.2.0/24", null)]
    [InlineData("2001:db8::7", null, "2001:db8::7", null)]
    [InlineData("[2001:db8::7]", null, "2001:db8::7", null)]
    [InlineData("[2001:db8::7]:51234", null, "2001:db8::7", 51234)]
    [InlineData("2001:db8::/32", null, "2001:db8::/32", null)]
    public void TryParse_Understood(string? text, string? service, string? client, int? port)
    {
        TraceTarget.TryParse(text, out var target).ShouldBeTrue();

        (target!.Service, target.Client, target.ClientPort).ShouldBe((service, client, port));
    }

    [Theory]
    [InlineData("192.0.2.7:0")]
    [InlineData("192.0.2.7:http")]
    [InlineData("192.0.2.7:70000")]
    [InlineData("[192.0.2.7]:80")]
    [InlineData("[2001:db8::7]:")]
    [InlineData("[2001:db8::7]x")]
    [InlineData("[web]:80")]
    [InlineData("10.0.0.0/8:80")]
    [InlineData("10.0.0.0/33")]
    public void TryParse_NotUnderstood(string text) => TraceTarget.TryParse(text, out _).ShouldBeFalse();
}
