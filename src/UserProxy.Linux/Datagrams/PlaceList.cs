namespace UserProxy.Linux.Datagrams;

/// <summary>
/// The places of a batch whose datagrams one socket is to send, in the order in which they came. A list of fixed size that is emptied every turn.
/// </summary>
internal sealed class PlaceList
{
    private readonly byte[] _places = new byte[DatagramBatch.Capacity];

    public int Count { get; private set; }

    public int this[int index] => _places[index];

    public void Add(int place) => _places[Count++] = (byte)place;

    public void Clear() => Count = 0;
}
