using System.Net.Sockets;
using UserProxy.Policy;
using UserProxy.Tcp;

namespace UserProxy.Tests.Tcp;

public sealed class SocketErrorsTests
{
    [Theory]
    [InlineData(SocketError.Success, ConnectOutcome.Connected)]
    [InlineData(SocketError.ConnectionRefused, ConnectOutcome.Refused)]
    [InlineData(SocketError.ConnectionReset, ConnectOutcome.Connected)]
    [InlineData(SocketError.Shutdown, ConnectOutcome.Connected)]
    [InlineData(SocketError.TimedOut, ConnectOutcome.TimedOut)]
    [InlineData(SocketError.HostUnreachable, ConnectOutcome.Unreachable)]
    [InlineData(SocketError.NetworkUnreachable, ConnectOutcome.Unreachable)]
    [InlineData(SocketError.InvalidArgument, ConnectOutcome.Unreachable)]
    [InlineData(SocketError.AccessDenied, ConnectOutcome.Unreachable)]
    [InlineData(SocketError.AddressNotAvailable, ConnectOutcome.NoSourcePort)]
    [InlineData(SocketError.TooManyOpenSockets, ConnectOutcome.NoDescriptor)]
    public void ToConnectOutcome_SaysWhoseFaultItIs(SocketError error, ConnectOutcome expected) =>
        SocketErrors.ToConnectOutcome(error).ShouldBe(expected);

    [Theory]
    [InlineData(SocketError.TooManyOpenSockets)]
    [InlineData(SocketError.NoBufferSpaceAvailable)]
    public void AcceptErrors_Pressure_IsNotNoise(SocketError error)
    {
        SocketErrors.IsResourcePressure(error).ShouldBeTrue();
        // Noise is retried at once: pressure taken for noise would spin.
        SocketErrors.IsAcceptNoise(error).ShouldBeFalse();
    }

    [Theory]
    [InlineData(SocketError.ConnectionAborted)]
    [InlineData(SocketError.ConnectionReset)]
    [InlineData(SocketError.HostUnreachable)]
    [InlineData(SocketError.Interrupted)]
    public void AcceptErrors_ClientTrouble_IsNoise(SocketError error) => SocketErrors.IsAcceptNoise(error).ShouldBeTrue();

    [Theory]
    [InlineData(SocketError.NotSocket)]
    [InlineData(SocketError.InvalidArgument)]
    [InlineData(SocketError.OperationAborted)]
    public void AcceptErrors_OfADeadListener_AreNeither(SocketError error)
    {
        SocketErrors.IsAcceptNoise(error).ShouldBeFalse();
        SocketErrors.IsResourcePressure(error).ShouldBeFalse();
    }

    /// <summary>What socket(2) says is never about an endpoint: EACCES of connect(2) is a prohibit route, of socket(2) a sandbox.</summary>
    [Theory]
    [InlineData(SocketError.AccessDenied, ConnectOutcome.LocalFault)]
    [InlineData(SocketError.TooManyOpenSockets, ConnectOutcome.NoDescriptor)]
    [InlineData(SocketError.NoBufferSpaceAvailable, ConnectOutcome.NoMemory)]
    public void ToLocalFault_BlamesNoEndpoint(SocketError error, ConnectOutcome expected) => SocketErrors.ToLocalFault(error).ShouldBe(expected);
}
