namespace UserProxy.Linux.PortInspection;

/// <summary>One counter of the kernel, of the whole network namespace since it was made.</summary>
/// <param name="Name">As <c>nstat</c> names those of TcpExt; of UDP with the group in front: <c>UdpRcvbufErrors</c>.</param>
/// <param name="Value">When it was read.</param>
public readonly record struct KernelCounter(string Name, long Value);
