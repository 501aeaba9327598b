using System.Net.Sockets;
using UserProxy.Linux.Kernel;
using UserProxy.Policy;
using UserProxy.Tcp;

namespace UserProxy.Linux.Tests.Kernel;

public class ErrnoTests
{
    [Theory]
    [InlineData(Errno.ECONNREFUSED, ConnectOutcome.Refused)]
    [InlineData(Errno.EHOSTUNREACH, ConnectOutcome.Unreachable)]
    [InlineData(Errno.ENETUNREACH, ConnectOutcome.Unreachable)]
    [InlineData(Errno.EINVAL, ConnectOutcome.Unreachable)]
    [InlineData(Errno.EACCES, ConnectOutcome.Unreachable)]
    [InlineData(Errno.ETIMEDOUT, ConnectOutcome.TimedOut)]
    [InlineData(Errno.EADDRNOTAVAIL, ConnectOutcome.NoSourcePort)]
    [InlineData(Errno.EMFILE, ConnectOutcome.NoDescriptor)]
    [InlineData(Errno.ENOMEM, ConnectOutcome.NoMemory)]
    [InlineData(9, ConnectOutcome.LocalFault)]
    public void ToSocketError_ConnectErrors_AreSortedAsMeasured(int errno, ConnectOutcome expected) =>
        SocketErrors.ToConnectOutcome(Errno.ToSocketError(errno)).ShouldBe(expected);

    [Theory]
    [InlineData(Errno.EMFILE)]
    [InlineData(Errno.ENFILE)]
    [InlineData(Errno.ENOBUFS)]
    [InlineData(Errno.ENOMEM)]
    public void ToSocketError_ResourcePressure_IsSeenAsPressure(int errno) =>
        SocketErrors.IsResourcePressure(Errno.ToSocketError(errno)).ShouldBeTrue();

    [Theory]
    [InlineData(Errno.ECONNABORTED)]
    [InlineData(Errno.EPROTO)]
    [InlineData(Errno.EPERM)]
    public void ToSocketError_AcceptNoise_IsSeenAsNoise(int errno) =>
        SocketErrors.IsAcceptNoise(Errno.ToSocketError(errno)).ShouldBeTrue();

    [Fact]
    public void ToException_NegativeResult_CarriesTheSocketError() =>
        Errno.ToException(-Errno.EADDRINUSE).SocketErrorCode.ShouldBe(SocketError.AddressAlreadyInUse);
}
