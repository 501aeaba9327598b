using UserProxy.App.Inspect;

namespace UserProxy.App.Tests.Inspect;

/// <summary>What people have in the clipboard when they ask for a port.</summary>
public sealed class WhatWasMeantTests
{
    [Theory]
    [InlineData("127.0.0.1:30080", "did you mean userproxy inspect 30080 --address 127.0.0.1?")]
    [InlineData("[fd00::1]:53", "did you mean userproxy inspect 53 --address fd00::1?")]
    [InlineData("0.0.0.0:30080", "did you mean userproxy inspect 30080?")]
    [InlineData("[::]:30080", "did you mean userproxy inspect 30080?")]
    [InlineData("*:30080", "did you mean userproxy inspect 30080?")]
    [InlineData(":30080", "did you mean userproxy inspect 30080?")]
    [InlineData("localhost:30080", "did you mean userproxy inspect 30080?")]
    [InlineData("30053/udp", "did you mean userproxy inspect 30053 --udp?")]
    [InlineData("30080/TCP", "did you mean userproxy inspect 30080?")]
    [InlineData("10.96.0.1", "'10.96.0.1' is an address; which port of it? userproxy inspect PORT --address 10.96.0.1")]
    [InlineData("fd00::1", "userproxy inspect PORT --address fd00::1")]
    [InlineData("demo/web", "'demo/web' is a Service; its addresses and ports, and who serves them: userproxy explain demo/web")]
    [InlineData("demo/web:http", "userproxy explain demo/web:http")]
    [InlineData("demo/web:80", "userproxy explain demo/web:80")]
    [InlineData("svc/web", "userproxy explain svc/web")]
    [InlineData("web", "'web' is a name, and a port is a whole number from 1 to 65535; if it is a Service, its addresses and ports: userproxy explain web")]
    [InlineData("web-2:http", "userproxy explain web-2:http")]
    public async Task Inspect_OfSomethingElse_SaysWhatToTypeInOneLine(string port, string hint)
    {
        var cli = new Cli();

        (await cli.RunAsync("inspect", port)).ShouldBe(64);

        string said = cli.Error.ToString().Trim();
        said.ShouldStartWith($"PORT: '{port}' is a");
        said.ShouldContain(hint);
        said.ShouldEndWith("(userproxy inspect --help)");
        said.Split('\n').ShouldHaveSingleItem();
        cli.Out.ToString().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("30080")]
    [InlineData("70000")]
    [InlineData("-web")]
    [InlineData("WEB")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:70000")]
    [InlineData("demo/")]
    [InlineData("demo/web\u001b[2J")]
    [InlineData("")]
    public void By_NumberOrNothingKnown_IsNull(string text) => WhatWasMeant.By(text).ShouldBeNull();
}
