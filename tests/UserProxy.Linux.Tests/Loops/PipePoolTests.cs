using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.Loops;
using UserProxy.Serving;

namespace UserProxy.Linux.Tests.Loops;

public class PipePoolTests
{
    [Fact]
    public void Rent_OverCapacity_IsNull()
    {
        using var pool = new PipePool(capacity: 1, MemoryBudget.Unlimited);

        var first = pool.Rent();

        first.ShouldNotBeNull();
        pool.Rent().ShouldBeNull();
        pool.Return(first);
        pool.Rent().ShouldBe(first);
    }

    [Fact]
    public async Task Return_PipeThatHoldsBytes_IsNeverRentedAgain()
    {
        using var pool = new PipePool(capacity: 4, MemoryBudget.Unlimited);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var server = await listener.AcceptSocketAsync();
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("left over"));
        var pipe = pool.Rent()!;
        server.Poll(Eventually.Patience, SelectMode.SelectRead).ShouldBeTrue();

        pipe.Fill((int)server.Handle, 1024).ShouldBe(9);
        pool.Return(pipe);

        pool.Rent().ShouldNotBe(pipe);
    }
}
