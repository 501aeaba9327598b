using System.Net.Sockets;
using System.Runtime.InteropServices;
using UserProxy.Policy;

namespace UserProxy.Tcp.Sockets;

/// <summary>
/// Has the system discard the SYNs of clients that a TCP socket does not admit (null: takes that back); false when it does not. Does not throw. On Linux
/// the executable gives UserProxy.Linux.SynFilter: this library has no native code.
/// </summary>
public delegate bool SetSynFilter(SafeHandle socket, AddressFamily family, Admission? admission);
