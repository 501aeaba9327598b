using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Cluster;

/// <summary>One machine or Pod of a <see cref="ClusterNetwork"/>: a network namespace with an address of each family.</summary>
internal sealed record Host(string Name, string Namespace, IPAddress Address, IPAddress Address6)
{
    public const string Refused = "refused";
    public const string Silence = "no answer";
    public const string Reset = "reset";

    /// <summary>
    /// Connects from here and returns what the other side says until it closes, or how the connection failed. Silence is seen in the kernel's counters, not by
    /// a clock: the SYN had to be sent again.
    /// </summary>
    public async Task<string> AskAsync(IPAddress address, int port)
    {
        using var socket = NamespaceThread.Run(Namespace, () => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        try
        {
            var connecting = socket.ConnectAsync(new IPEndPoint(address, port), deadline.Token).AsTask();
            await Eventually.IsTrue(() => connecting.IsCompleted || Connecting.Retransmits(socket) > 0, "the client is answered, or sends its SYN again");
            if (!connecting.IsCompleted)
            {
                await deadline.CancelAsync();
                await connecting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return Silence;
            }

            await connecting;
            socket.Shutdown(SocketShutdown.Send);
            var buffer = new byte[256];
            int length = 0;
            while (await socket.ReceiveAsync(buffer.AsMemory(length), deadline.Token) is > 0 and var received) length += received;
            return System.Text.Encoding.ASCII.GetString(buffer, 0, length);
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => Refused,
                SocketError.ConnectionReset => Reset,
                _ => e.SocketErrorCode.ToString(),
            };
        }
        catch (OperationCanceledException)
        {
            return Silence;
        }
    }

    /// <summary>Asks until the answer is as expected; the last other answer is in the failure.</summary>
    public async Task ShouldGetAsync(IPAddress address, int port, params string[] expected)
    {
        string answer = "";
        long started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < Eventually.Patience)
        {
            answer = await AskAsync(address, port);
            if (expected.Contains(answer)) return;
            await Task.Delay(20);
        }

        throw new ShouldAssertException(
            $"{Name} asked {address}:{port} for {Eventually.Patience.TotalSeconds} s and wanted {string.Join(" or ", expected)}, but got {answer}");
    }

    /// <summary>The answers to so many questions, one after the other.</summary>
    public async Task<List<string>> AskManyAsync(IPAddress address, int port, int times)
    {
        var answers = new List<string>();
        for (int i = 0; i < times; i++) answers.Add(await AskAsync(address, port));
        return answers;
    }

    public Socket Listen(IPAddress address, int port) => NamespaceThread.Run(Namespace, () =>
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (address.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = false;
        socket.Bind(new IPEndPoint(address, port));
        socket.Listen(512);
        return socket;
    });

    /// <summary>A UDP socket of this host; port 0 is any.</summary>
    public Socket Datagrams(IPAddress address, int port) => NamespaceThread.Run(Namespace, () => DatagramSocket(address, port));

    /// <summary>Many of them on any port, made at once.</summary>
    public Socket[] ManyDatagrams(IPAddress address, int count) =>
        NamespaceThread.Run(Namespace, () => Enumerable.Range(0, count).Select(_ => DatagramSocket(address, 0)).ToArray());

    /// <summary>A program inside this host.</summary>
    public Task<string> RunAsync(params string[] command) => Tool.RunAsync("ip", ["netns", "exec", Namespace, .. command]);

    /// <summary>A program that runs inside this host until it is disposed of.</summary>
    public Tool StartProgram(params string[] command) => Tool.Start("ip", ["netns", "exec", Namespace, .. command]);

    private static Socket DatagramSocket(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        if (address.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = false;
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    }
}
