using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.FunctionalTests.Support;

/// <summary>
/// A UDP client on one port, connected: it hears only the address that it asks, and is told when nobody is there. Its questions have numbers, so that an answer
/// that comes late is not taken for another one's.
/// </summary>
internal sealed class DatagramClient(Socket socket, int firstNumber = 1) : IDisposable
{
    /// <summary>The longest datagrams of each family, without jumbograms.</summary>
    public const int Longest = 65_507, Longest6 = 65_527;

    /// <summary>How long an answer is waited for that may never come; a late one is not taken for that of the next question.</summary>
    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(300);

    private readonly EndPoint? _remote = socket.RemoteEndPoint;
    private readonly byte[] _buffer = new byte[Longest6 + 1];
    private int _asked = firstNumber - 1;

    public int Port => ((IPEndPoint)socket.LocalEndPoint!).Port;

    /// <summary>Asked instead of a number, of a server that answers with its name alone; an answer that comes late is then taken for the next one's.</summary>
    public string? Question { get; set; }

    /// <summary>The number of the last question.</summary>
    public int Asked => _asked;

    /// <summary>Answers that came to a question of somebody else.</summary>
    public int Strays { get; private set; }

    public static DatagramClient Connect(Host from, IPAddress address, int port, int ownPort = 0) =>
        Connect(from.Datagrams(address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, ownPort), address, port);

    public static DatagramClient Connect(Socket socket, IPAddress address, int port, int firstNumber = 1)
    {
        socket.Connect(new IPEndPoint(address, port));
        return new DatagramClient(socket, firstNumber);
    }

    /// <summary>Who answers a question that is certain to be answered; <see cref="Host.Refused"/> when the kernel has told that nobody is there.</summary>
    public Task<string> AskAsync() => AskAsync(Eventually.Patience);

    /// <summary>
    /// The same for one that may get no answer: <see cref="Host.Silence"/> after a short time, in which a busy machine may not have answered yet.
    /// </summary>
    public Task<string> TryAskAsync() => AskAsync(Brief);

    public async Task<string> AskAsync(TimeSpan patience)
    {
        string number = (++_asked).ToString(CultureInfo.InvariantCulture);
        using var deadline = new CancellationTokenSource(patience);
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(Question ?? number), deadline.Token);
            while (true)
            {
                var (name, answered) = await ReceiveAsync(deadline.Token);
                if (answered == number || Question is not null) return name;
            }
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused ? Host.Refused : e.SocketErrorCode.ToString();
        }
        catch (OperationCanceledException)
        {
            return Host.Silence;
        }
    }

    /// <summary>Asks until the answer is as expected; the last other answer is in the failure.</summary>
    public async Task<string> ShouldGetAsync(params string[] expected)
    {
        string answer = "";
        long started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < Eventually.Patience)
        {
            answer = await TryAskAsync();
            if (expected.Contains(answer)) return answer;
            await Task.Delay(20);
        }

        throw new ShouldAssertException(
            $"{socket.LocalEndPoint} asked {_remote} for {Eventually.Patience.TotalSeconds} s and wanted {string.Join(" or ", expected)}, but got {answer}");
    }

    /// <summary>Who answers so many questions, one after the other.</summary>
    public Task<List<string>> AskManyAsync(int times) => RepeatAsync(times, AskAsync);

    /// <summary>The same for questions that may get no answer.</summary>
    public Task<List<string>> TryAskManyAsync(int times) => RepeatAsync(times, TryAskAsync);

    /// <summary>Sends so many questions at once; returns who has answered, in the order of the questions, and silence for the others.</summary>
    public async Task<string[]> AskAtOnceAsync(int count)
    {
        int first = _asked + 1;
        string[] answers = new string[count];
        Array.Fill(answers, Host.Silence);
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        for (int i = 0; i < count; i++) await SendQuestionAsync();
        try
        {
            for (int left = count; left > 0;)
            {
                var (name, answered) = await ReceiveAsync(deadline.Token);
                int index = int.Parse(answered, CultureInfo.InvariantCulture) - first;
                if (index < 0) continue;
                answers[index] = name;
                left--;
            }
        }
        catch (OperationCanceledException)
        {
            // Some were not answered.
        }

        return answers;
    }

    /// <summary>A question whose answer nobody waits for; returns its number.</summary>
    public async Task<string> SendQuestionAsync()
    {
        string number = (++_asked).ToString(CultureInfo.InvariantCulture);
        await socket.SendAsync(Encoding.ASCII.GetBytes(number));
        return number;
    }

    /// <summary>The next answer: who, and to which question.</summary>
    public async Task<(string Name, string Number)> ReceiveAsync(CancellationToken cancellation)
    {
        int length = await socket.ReceiveAsync(_buffer, cancellation);
        string[] words = Encoding.ASCII.GetString(_buffer, 0, length).Split(' ');
        if (words.Length != 2 || !int.TryParse(words[1], CultureInfo.InvariantCulture, out int number)) return (words[0], "");
        if (number < firstNumber || number > _asked) Strays++;
        return (words[0], words[1]);
    }

    /// <summary>What comes back for a datagram; null when nothing does in time, or an error.</summary>
    public async Task<byte[]?> ExchangeAsync(byte[] datagram, TimeSpan? patience = null)
    {
        using var deadline = new CancellationTokenSource(patience ?? Eventually.Patience);
        try
        {
            await socket.SendAsync(datagram, deadline.Token);
            int length = await socket.ReceiveAsync(_buffer, deadline.Token);
            return _buffer[..length];
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    public void Dispose() => socket.Dispose();

    private static async Task<List<string>> RepeatAsync(int times, Func<Task<string>> ask)
    {
        var answers = new List<string>();
        for (int i = 0; i < times; i++) answers.Add(await ask());
        return answers;
    }
}
