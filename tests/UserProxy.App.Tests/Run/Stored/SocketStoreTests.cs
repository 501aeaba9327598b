using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.Run.Stored;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;
using UserProxy.Serving;
using UserProxy.Tests;

namespace UserProxy.App.Tests.Run.Stored;

/// <summary>How long what systemd has kept waits for somebody who accepts; whole processes are the functional tests'.</summary>
public sealed class SocketStoreTests
{
    private readonly FakeTimeProvider _time = new();

    private IPEndPoint At { get; set; } = new(IPAddress.Loopback, 0);

    [Fact]
    public async Task Kept_NobodyServesForThirtySeconds_IsClosed()
    {
        await using var store = Begin(("0aa", Listening()));
        store.Inherited.Count.ShouldBe(1);

        _time.Advance(SocketStore.LongestHeld - TimeSpan.FromSeconds(1));
        store.Inherited.Count.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(2));

        await Eventually.IsTrue(() => store.Inherited.Count == 0, "it is closed");
        store.Closed.ShouldBe(1);
        await RefusesAsync();
    }

    /// <summary>The time runs from the first start after a crash, and not anew with each.</summary>
    [Fact]
    public async Task Kept_SinceAnEarlierStart_IsClosedWhenItsTimeIsUp()
    {
        long now = _time.GetTimestamp() / _time.TimestampFrequency;
        await using var store = Begin(("0aa", Listening()), (new StartMark(2, now - 20).Name, Nothing()));

        _time.Advance(TimeSpan.FromSeconds(11));

        await Eventually.IsTrue(() => store.Closed == 1, "it is closed");
    }

    [Theory]
    [InlineData(SocketStore.MostStarts - 1, 0)]
    [InlineData(SocketStore.MostStarts, 1)]
    public async Task Kept_AfterSoManyStarts_IsClosedAtOnce(int starts, int closed)
    {
        await using var store = Begin(("0aa", Listening()), (new StartMark(starts, _time.GetTimestamp() / _time.TimestampFrequency).Name, Nothing()));

        store.Closed.ShouldBe(closed);
        store.Inherited.Count.ShouldBe(1 - closed);
    }

    [Fact]
    public async Task Kept_AndServed_GoesOn()
    {
        await using var store = Begin(("0aa", Listening()));
        using var taken = store.Inherited.Take(TransportProtocol.Tcp, At).Single();

        store.Follow([new HandedSocket(TransportProtocol.Tcp, At, taken)]);
        _time.Advance(2 * SocketStore.LongestHeld);

        (store.Adopted, store.Closed).ShouldBe((1, 0));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(At, TestContext.Current.CancellationToken);
    }

    /// <summary>A stop and the end of the process: the second would find half of it, and close what systemd still keeps.</summary>
    [Fact]
    public async Task CloseAsync_Twice_IsTheSameEnd()
    {
        await using var store = Begin(("0aa", Listening()));

        var first = store.CloseAsync();

        store.CloseAsync().ShouldBeSameAs(first);
        await first;
    }

    [Fact]
    public void Passed_WhatDoesNotListen_IsClosedAndItsNameIsKnown()
    {
        using var bound = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var passed = StoredSockets.Of([(CopyOf(bound.SafeHandle), "0ab"), (Nothing(), "x"), (1 << 20, "0ac")]);

        passed.Names.ShouldBeEmpty();
        passed.Others.ShouldBe(["0ab", "x"]);
    }

    [Theory]
    [InlineData("start-3-77", 3, 77)]
    [InlineData("start-3", 0, 0)]
    [InlineData("start-x-77", 0, 0)]
    [InlineData("0aa", 0, 0)]
    public void Mark_IsReadFromItsName(string name, int starts, long since) =>
        StartMark.Parse(name).ShouldBe(starts == 0 ? null : new StartMark(starts, since));

    private SocketStore Begin(params (string Name, int Descriptor)[] passed) =>
        SocketStore.Begin(StoredSockets.Of(passed.Select(each => (each.Descriptor, each.Name))), null, 0, NullLogger.Instance, _time);

    /// <summary>The descriptor of a socket in LISTEN, which is whoever's takes it.</summary>
    private int Listening()
    {
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(At);
        listening.Listen();
        At = (IPEndPoint)listening.LocalEndPoint!;
        return CopyOf(listening.SafeHandle);
    }

    private static int Nothing()
    {
        using var nothing = File.OpenHandle("/dev/null");
        return CopyOf(nothing);
    }

    private static int CopyOf(SafeHandle handle) => Dup((int)handle.DangerousGetHandle());

    [DllImport("libc", EntryPoint = "dup")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Dup(int descriptor);

    /// <summary>A program that another test starts has a copy of the socket between its fork and its exec.</summary>
    private Task<TimeSpan> RefusesAsync() => Eventually.IsTrue(
        async () =>
        {
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await client.ConnectAsync(At, TestContext.Current.CancellationToken);
                return false;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                return true;
            }
        },
        "clients are refused");
}
