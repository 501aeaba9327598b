using System.Net.Sockets;
using System.Runtime.InteropServices;
using UserProxy.Policy;

namespace UserProxy.Tcp.Sockets;

/// <summary>
/// Binds a TCP socket that is about to be dialled to a client's address; says what the system said. On Linux the executable gives
/// UserProxy.Linux.TransparentBind: this library has no native code.
/// </summary>
public delegate SocketError BindSource(SafeHandle socket, DialSource source);
