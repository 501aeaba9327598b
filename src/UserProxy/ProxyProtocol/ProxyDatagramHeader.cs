using System.Net;
using System.Text;
using UserProxy.Model;

namespace UserProxy.ProxyProtocol;

/// <summary>The header of version 2 before the datagrams of one session.</summary>
public static class ProxyDatagramHeader
{
    public const int MaxLength = ProxyHeaderV2.MaxWritten;

    /// <param name="client">Who has sent it.</param>
    /// <param name="local">Where it was sent to.</param>
    /// <param name="uniqueId">Of the session.</param>
    /// <param name="options">What else is in it.</param>
    /// <param name="service">The service port.</param>
    public static byte[] Of(IPEndPoint client, IPEndPoint local, string uniqueId, ProxyV2Options options, ServicePortName service)
    {
        Span<byte> header = stackalloc byte[MaxLength];
        return header[..ProxyHeaderV2.Write(header, client, local, isDatagram: true, Encoding.ASCII.GetBytes(uniqueId), options, service)].ToArray();
    }
}
